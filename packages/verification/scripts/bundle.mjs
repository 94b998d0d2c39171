// @ts-check
/**
 * Puts the compiled package into one file with what it imports of @noble, and writes whose code that is. Runs in
 * `prepack`, after the compiler; the built dist of a working copy stays as the compiler made it.
 *
 * @module
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const DIST = new URL('../dist/', import.meta.url);
const LICENSES = new URL('../THIRD-PARTY-LICENSES', import.meta.url);

const bundle = await rolldown({ input: fileURLToPath(new URL('index.js', DIST)) });
const { output } = await bundle.generate({ format: 'esm' });
await bundle.close();
const [chunk, ...rest] = output;
if (rest.length > 0 || chunk.imports.length > 0)
  throw new Error('expected one file without imports');

for (const name of readdirSync(DIST)) {
  if (name.endsWith('.js')) rmSync(new URL(name, DIST));
}
writeFileSync(new URL('index.js', DIST), chunk.code);
writeFileSync(LICENSES, noticesFor(Object.keys(chunk.modules)));

/** The licence text of each package that has a file in the bundle. @param {readonly string[]} files */
function noticesFor(files) {
  const folders = files.flatMap(
    (file) => /^.*[\\/]node_modules[\\/]@[^\\/]+[\\/][^\\/]+/.exec(file) ?? [],
  );
  const notices = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const text = readFileSync(`${folder}/LICENSE`, 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const intro = 'dist/index.js contains code of these packages, each under its own licence.\n';
  return [intro, ...notices].join(`\n${'-'.repeat(80)}\n\n`);
}
