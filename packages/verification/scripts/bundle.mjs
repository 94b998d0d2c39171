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
import { withoutUnusedMethods } from './unused-methods.mjs';

const DIST = new URL('../dist/', import.meta.url);
const LICENSES = new URL('../THIRD-PARTY-LICENSES', import.meta.url);

const INDEX = fileURLToPath(new URL('index.js', DIST));
const chunk = await chunkOf(INDEX);
// Each pass leaves out methods that nothing names, and what only they used: of the curve, half of them.
let code = chunk.code;
for (let before = ''; before !== code; ) {
  before = code;
  writeFileSync(INDEX, withoutUnusedMethods(code));
  code = (await chunkOf(INDEX)).code;
}

for (const name of readdirSync(DIST, { encoding: 'utf8', recursive: true })) {
  if (name.endsWith('.js')) rmSync(new URL(name, DIST));
}
writeFileSync(INDEX, code);
writeFileSync(LICENSES, noticesFor(Object.keys(chunk.modules)));

/** @param {string} input */
async function chunkOf(input) {
  const bundle = await rolldown({ input });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const [only, ...rest] = output;
  if (rest.length > 0 || only.imports.length > 0)
    throw new Error('expected one file without imports');
  return only;
}

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
