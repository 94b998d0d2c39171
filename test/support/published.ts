/** Packs the libraries as a release would, in a copy of their folders: the working copy is not touched. @module */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIBRARIES = ['verification', 'tree'] as const;
const NOT_COPIED = ['dist', 'node_modules', 'test'];
const LIMIT_MS = 120_000;

export type LibraryName = (typeof LIBRARIES)[number];

/** The tarballs, and one empty project in which both are installed. */
export interface PublishedLibraries {
  readonly tarballs: Readonly<Record<LibraryName, string>>;
  /** A folder with nothing but `node_modules/@kapsel`. */
  readonly consumer: string;
}

/** Works in this folder, which the caller has made and removes. Offline. */
export function publishInto(folder: string): PublishedLibraries {
  const copy = join(folder, 'repository');
  copyRepository(copy);
  const tarballs = { verification: '', tree: '' };
  for (const name of LIBRARIES) {
    const options = ['pack', '--json', '--silent', '--pack-destination', folder];
    const said = npm(options, join(copy, 'packages', name));
    const [{ filename }] = JSON.parse(said) as [{ filename: string }];
    tarballs[name] = join(folder, filename);
  }
  const consumer = join(folder, 'consumer');
  mkdirSync(consumer);
  npm(['init', '--yes', '--silent'], consumer);
  npm(
    ['install', '--offline', '--ignore-scripts', '--silent', ...Object.values(tarballs)],
    consumer,
  );
  return { tarballs, consumer };
}

/** Every file below the folder, by its path with `/`, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** What a page pays for these exports: bundled from the file, minified, gzip. */
export async function gzipBytesOf(file: string, exported: string): Promise<number> {
  const text = `export ${exported} from ${JSON.stringify(file)};`;
  const bundle = await rolldown({
    input: 'size-entry',
    plugins: [
      {
        name: 'size-entry',
        resolveId: (id) => (id === 'size-entry' ? id : null),
        load: (id) => (id === 'size-entry' ? text : null),
      },
    ],
  });
  // What tells a bundler which calls have no effects is of no use in a page, and minifiers leave it out.
  const comments = { annotation: false, jsdoc: false, legal: true };
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments });
  await bundle.close();
  return gzipSync(output[0].code, { level: 9 }).length;
}

/** The script of a compiler; null where that package is not installed. */
export function findCompiler(from: string): string | null {
  const path = join(ROOT, 'node_modules', from, 'bin', 'tsc');
  try {
    readFileSync(path);
    return path;
  } catch {
    return null; // an older release that came along with another package: npm may place it elsewhere
  }
}

/** As much of the repository as packing needs; its `node_modules` are links to ours. */
function copyRepository(copy: string): void {
  for (const name of LIBRARIES) {
    const from = join(ROOT, 'packages', name);
    const isCopied = (path: string): boolean => !NOT_COPIED.includes(relative(from, path));
    cpSync(from, join(copy, 'packages', name), { recursive: true, filter: isCopied });
  }
  cpSync(join(ROOT, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'));
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@kapsel'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@kapsel') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  for (const name of LIBRARIES) {
    symlinkSync(join(copy, 'packages', name), join(modules, '@kapsel', name), 'junction');
  }
}

function npm(options: readonly string[], cwd: string): string {
  const isWindows = process.platform === 'win32';
  return execFileSync(isWindows ? 'npm.cmd' : 'npm', options, {
    cwd,
    encoding: 'utf8',
    shell: isWindows,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
}
