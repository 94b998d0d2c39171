// @ts-check
/**
 * `npm run build:binaries [-- --out FOLDER]`: the command as one executable for each system, with its own Node. Made on
 * Linux x64; the same sources and the same commit give the same bytes.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
// @ts-expect-error the package has no types
import { inject } from 'postject';
import { signAdHoc } from './binaries/mach-o.mjs';
import { withoutSignature } from './binaries/pe.mjs';
import { fetchRuntime, memberOf, TARGETS, unpackMember } from './binaries/runtimes.mjs';
import { bundleOf } from './bundle.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = join(ROOT, 'web-verifier/dist/kapsel-verify.html');
const BLOB_NAME = 'NODE_SEA_BLOB';
// Node's documentation of single executable applications names this text.
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const IDENTIFIER = 'kapsel-verify';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(ROOT, 'cli/dist/binaries') },
    cache: { type: 'string', default: join(ROOT, 'node_modules/.cache/kapsel-runtimes') },
  },
});

if (process.platform !== 'linux' || process.arch !== 'x64') {
  process.stderr.write('build:binaries runs on Linux x64 only: it starts the Node it puts in\n');
  process.exit(1);
}
const out = resolve(process.env.INIT_CWD ?? '.', options.out);
const work = mkdtempSync(join(tmpdir(), 'kapsel-binaries-'));
try {
  await buildAll(out, resolve(options.cache), work);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** @param {string} folder @param {string} cache @param {string} scratch */
async function buildAll(folder, cache, scratch) {
  mkdirSync(folder, { recursive: true });
  const tarballs = TARGETS.map((target) => fetchRuntime(target, cache));
  const { code, notices } = await bundleOf(
    new URL('../src/main.ts', import.meta.url),
    buildFacts(),
  );
  const linux = TARGETS.findIndex(({ form }) => form === 'elf');
  const blob = makeBlob(scratch, code, tarballs[linux] ?? '');
  for (const [i, target] of TARGETS.entries()) {
    const draft = join(scratch, target.name);
    unpackMember(tarballs[i] ?? '', memberOf(target), draft);
    await putIn(target, draft, blob);
    writeWhole(join(folder, target.name), readFileSync(draft), 0o755);
    rmSync(draft);
  }
  writeWhole(join(folder, 'THIRD-PARTY-LICENSES'), Buffer.from(notices), 0o644);
  const licence = join(scratch, 'LICENSE');
  unpackMember(tarballs[linux] ?? '', 'LICENSE', licence);
  writeWhole(join(folder, 'LICENSE-NODE'), readFileSync(licence), 0o644);
  const names = [...TARGETS.map(({ name }) => name), 'LICENSE-NODE', 'THIRD-PARTY-LICENSES'];
  const sums = names.sort().map((name) => `${sha256(join(folder, name))}  ${name}\n`);
  writeWhole(join(folder, 'SHA256SUMS'), Buffer.from(sums.join('')), 0o644);
  process.stdout.write(sums.join(''));
}

/** What `version` tells of a released build. The commit's own day: a clock would make each build another. */
function buildFacts() {
  /** @param {...string} words */
  const git = (...words) =>
    execFileSync('git', words, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    const [commit = '', date = ''] = git('show', '-s', '--format=%H %cs', 'HEAD').trim().split(' ');
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return {
      commit: isChanged ? null : commit,
      date: isChanged ? null : date,
      pageSha256: existsSync(PAGE) ? sha256(PAGE) : null,
    };
  } catch {
    // No repository, or no git: a build from an archive of the sources cannot name its commit.
    return { commit: null, date: null, pageSha256: existsSync(PAGE) ? sha256(PAGE) : null };
  }
}

/** The program as Node reads it from inside itself: prepared by the very Node it is put into, since others cannot read it. @param {string} folder @param {string} code @param {string} tarball */
function makeBlob(folder, code, tarball) {
  const node = join(folder, 'node');
  unpackMember(tarball, 'bin/node', node);
  writeFileSync(join(folder, 'kapsel-verify.cjs'), code);
  const settings = {
    // Names alone: the blob keeps them, and a path would tell where it was built.
    main: 'kapsel-verify.cjs',
    output: 'kapsel-verify.blob',
    disableExperimentalSEAWarning: true,
    // Both would tie the blob to one processor and one V8.
    useSnapshot: false,
    useCodeCache: false,
  };
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings));
  execFileSync(node, ['--experimental-sea-config', 'sea.json'], {
    cwd: folder,
    env: {},
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(node);
  return readFileSync(join(folder, settings.output));
}

/** @param {import('./binaries/runtimes.mjs').Target} target @param {string} file @param {Buffer} blob */
async function putIn({ form }, file, blob) {
  if (form === 'pe') writeFileSync(file, withoutSignature(readFileSync(file)));
  await inject(file, BLOB_NAME, blob, {
    sentinelFuse: FUSE,
    ...(form === 'mach-o' ? { machoSegmentName: 'NODE_SEA' } : {}),
  });
  if (form === 'mach-o') writeFileSync(file, signAdHoc(readFileSync(file), IDENTIFIER));
}

/** Written beside its place and moved there: macOS remembers what it thinks of a file by its inode. @param {string} path @param {Buffer} content @param {number} mode */
function writeWhole(path, content, mode) {
  const draft = `${path}.part`;
  writeFileSync(draft, content);
  chmodSync(draft, mode);
  renameSync(draft, path);
}

/** @param {string} file */
function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
