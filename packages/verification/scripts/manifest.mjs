// @ts-check
/**
 * Makes the folder in which it runs fit for `npm pack`, and puts it back afterwards. Both libraries use it.
 *
 *     node scripts/manifest.mjs prepack [PROGRAM]   dist anew, without source maps; PROGRAM may change it further;
 *                                                   package.json without what only we resolve
 *     node scripts/manifest.mjs postpack            package.json as it was; no dist, the next build makes its own
 *
 * A packed dist differs from a built one (one file, no maps). It is removed at the end, because an incremental build
 * would take it for its own.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const MANIFEST = resolve('package.json');
const KEPT = resolve('.package.json.before-pack');
const COMPILER = fileURLToPath(import.meta.resolve('typescript/package.json'));
const NOTICES = resolve('THIRD-PARTY-LICENSES');
const SOURCE_CONDITION = '@kapsel/source';

/** The manifest of the tarball. Its scripts stay: npm reads them there to find "postpack". @param {string} text */
function packedManifest(text) {
  const manifest = JSON.parse(text);
  delete manifest.devDependencies;
  for (const conditions of Object.values(manifest.exports)) delete conditions[SOURCE_CONDITION];
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** @param {readonly string[]} options */
function compile(options) {
  const script = resolve(COMPILER, '..', 'bin', 'tsc');
  execFileSync(process.execPath, [script, ...options], { stdio: ['ignore', 'inherit', 'inherit'] });
}

const [step, program] = process.argv.slice(2);
if (step === 'prepack') {
  if (existsSync(KEPT))
    throw new Error(`${KEPT} is there: a run of npm pack broke off; run postpack`);
  rmSync(resolve('dist'), { recursive: true, force: true });
  compile(['--build']); // also what this package refers to
  rmSync(resolve('dist'), { recursive: true, force: true });
  const plain = ['composite', 'incremental', 'sourceMap', 'declarationMap'];
  compile(['-p', '.', ...plain.flatMap((name) => [`--${name}`, 'false'])]);
  if (program !== undefined) await import(pathToFileURL(resolve(program)).href);
  copyFileSync(MANIFEST, KEPT);
  writeFileSync(MANIFEST, packedManifest(readFileSync(KEPT, 'utf8')));
} else if (step === 'postpack') {
  renameSync(KEPT, MANIFEST);
  rmSync(resolve('dist'), { recursive: true, force: true });
  rmSync(NOTICES, { force: true });
} else {
  process.stderr.write('usage: node manifest.mjs prepack [PROGRAM] | postpack\n');
  process.exitCode = 2;
}
