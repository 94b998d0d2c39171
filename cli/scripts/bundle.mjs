// @ts-check
/**
 * Puts the command and all it imports into one file, `dist/kapsel-verify.cjs`: it starts in half the time of its parts.
 * The sources are read, so the compiler need not have run; types are its business.
 *
 *     node scripts/bundle.mjs           the command
 *     node scripts/bundle.mjs action    the GitHub Action, whose file is committed
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const CLI = new URL('../', import.meta.url);
const PAGE = new URL('../../web-verifier/dist/kapsel-verify.html', import.meta.url);
const COMMAND = { entry: 'src/main.ts', folder: 'dist/', file: 'kapsel-verify.cjs' };
const ACTION = {
  entry: 'src/action/main.ts',
  folder: '../.github/actions/verify/dist/',
  file: 'index.js',
};
// What the simple path never calls costs a third of its time when it is loaded with the program.
/** @type {Readonly<Record<string, readonly string[]>>} */
const LOADED_WHEN_CALLED = {
  'node:crypto': ['createHash', 'randomUUID'],
  'node:zlib': ['crc32', 'createGunzip', 'createInflateRaw', 'deflateRawSync'],
};

/**
 * One file of CommonJS, which needs nothing but Node.
 * @param {URL} entry
 * @param {object | null} facts What `version` tells of a released build (cli/src/about.ts).
 */
export async function bundleOf(entry, facts = null) {
  const bundle = await rolldown({
    input: fileURLToPath(entry),
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['@kapsel/source', 'import', 'node', 'default'] },
    plugins: [loadedWhenCalled()],
    ...(facts === null ? {} : { transform: { define: { KAPSEL_BUILD: JSON.stringify(facts) } } }),
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

/** SHA-256 of the verifier page, where it was built before the command. */
function hashOfPage() {
  if (!existsSync(PAGE)) return null;
  return createHash('sha256').update(readFileSync(PAGE)).digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isAction = process.argv[2] === 'action';
  const { entry, folder, file } = isAction ? ACTION : COMMAND;
  // The file of the action is committed: nothing of this build may be in it.
  const facts = isAction ? null : { commit: null, date: null, pageSha256: hashOfPage() };
  const { code, notices } = await bundleOf(new URL(entry, CLI), facts);
  const target = new URL(folder, CLI);
  mkdirSync(target, { recursive: true });
  writeFileSync(new URL(file, target), code, { mode: 0o755 });
  writeFileSync(new URL('THIRD-PARTY-LICENSES', target), notices);
}
