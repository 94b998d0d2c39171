// @ts-check
/**
 * Puts the command and all it imports into one file, `dist/kapsel-verify.cjs`: it starts in half the time of its parts.
 * The sources are read, so the compiler need not have run; types are its business.
 *
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const PROGRAM = 'dist/kapsel-verify.cjs';
// What the simple path never calls costs a third of its time when it is loaded with the program.
/** @type {Readonly<Record<string, readonly string[]>>} */
const LOADED_WHEN_CALLED = {
  'node:crypto': ['createHash'],
  'node:zlib': ['crc32', 'createGunzip', 'createInflateRaw', 'deflateRawSync'],
};

/** One file of CommonJS, which needs nothing but Node. @param {URL} entry */
export async function bundleOf(entry) {
  const bundle = await rolldown({
    input: fileURLToPath(entry),
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['@kapsel/source', 'import', 'node', 'default'] },
    plugins: [loadedWhenCalled()],
  });
  const { output } = await bundle.generate({ format: 'cjs', minify: true, codeSplitting: false });
  await bundle.close();
  const [only, ...rest] = output;
  if (rest.length > 0) throw new Error('expected one file');
  const foreign = only.imports.filter((name) => !name.startsWith('node:'));
  if (foreign.length > 0) throw new Error(`left out of the bundle: ${foreign.join(', ')}`);
  return { code: only.code, notices: noticesFor(Object.keys(only.modules)) };
}

/** Functions that fetch the real one when they are called. A name that is not listed fails the build. */
function loadedWhenCalled() {
  /** @param {string} id */
  const namesOf = (id) => (id.startsWith('\0') ? LOADED_WHEN_CALLED[id.slice(1)] : undefined);
  return {
    name: 'loaded-when-called',
    /** @param {string} id */
    resolveId: (id) => (Object.hasOwn(LOADED_WHEN_CALLED, id) ? `\0${id}` : null),
    /** @param {string} id */
    load: (id) =>
      namesOf(id)
        ?.map(
          (name) =>
            `export const ${name} = (...words) => process.getBuiltinModule('${id.slice(1)}').${name}(...words);`,
        )
        .join('\n') ?? null,
  };
}

/** The licence text of each package that has a file in the bundle. @param {readonly string[]} files */
function noticesFor(files) {
  const folders = files.flatMap(
    (file) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file) ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry)) ?? 'LICENSE';
    return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`;
  });
  const intro = 'This program contains code of these packages, each under its own licence.\n';
  return [intro, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = new URL('../', import.meta.url);
  const { code, notices } = await bundleOf(new URL('src/main.ts', root));
  writeFileSync(new URL(PROGRAM, root), code, { mode: 0o755 });
  writeFileSync(new URL('dist/THIRD-PARTY-LICENSES', root), notices);
}
