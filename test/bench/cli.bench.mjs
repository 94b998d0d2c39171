// @ts-check
/** Bench `cli`: the whole process of `kapsel-verify`: its start, one head in many packages, and all cores beside one thread. @module */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleOf } from './support/packages-under-one-head.mjs';
import { runNode } from './support/process-run.mjs';
import { median, rounded } from './support/rounds.mjs';

export const about =
  'kapsel-verify as a process: start-up, packages of one head, all cores beside one thread, peak memory';
export const needsPeers = false;
export const parts = ['runs', 'stream'];

const FULL = { starts: 20, bundle: 10_000, proofs: 100_000, rounds: 3, streamBytes: 5e9 };
const QUICK = { starts: 3, bundle: 300, proofs: 3_000, rounds: 1, streamBytes: 2e7 };
const PER_HEAD = 1_000; // distinct heads cost a signature each, as in a year of proofs
const HEAD_TIME_MS = Date.parse('2026-01-15T10:30:45.000Z');
const MAX_START = 1.5;
const MAX_BUNDLE_S = 3;
const MAX_BUNDLE_MIB = 200e6 / 2 ** 20;
const MAX_STREAM_MIB = 300e6 / 2 ** 20;
const STREAM_HEADS = 10;
const PROGRAM = fileURLToPath(new URL('../../cli/dist/kapsel-verify.cjs', import.meta.url));

/** @typedef {(line: string) => void} Say */

/** @param {import('./run.mjs').Options} options @returns {Promise<import('./run.mjs').Measured>} */
export async function measure({ quick, say, parts: asked }) {
  const size = quick ? QUICK : FULL;
  const isAsked = (/** @type {string} */ part) => asked.length === 0 || asked.includes(part);
  const runs = isAsked('runs') ? await measureRuns(size, say) : NOTHING;
  const stream = isAsked('stream') ? await measureStream(size, say) : NOTHING;
  return {
    load: [runs.load, stream.load].filter((text) => text !== '').join('; '),
    figures: { ...runs.figures, ...stream.figures },
    ceilings: {},
    peers: {},
    ratios: { ...runs.ratios, ...stream.ratios },
    goals: [...runs.goals, ...stream.goals],
  };
}

/** @type {import('./run.mjs').Measured} */
const NOTHING = { load: '', figures: {}, ceilings: {}, peers: {}, ratios: {}, goals: [] };

/** Lines on standard input, far more than memory: nothing is written to the disk. @param {typeof FULL} size @param {Say} say @returns {Promise<import('./run.mjs').Measured>} */
async function measureStream({ streamBytes }, say) {
  const busy = rounded(loadavg()[0] ?? 0, 1);
  const [core, tree] = await Promise.all([import('@kapsel/verification'), import('@kapsel/tree')]);
  const made = bundleOf(core, tree, PER_HEAD);
  const batches = Array.from({ length: STREAM_HEADS }, (_, i) =>
    Buffer.concat(
      made.packagesUnder(HEAD_TIME_MS + i, PER_HEAD).flatMap((bytes) => [bytes, Buffer.from('\n')]),
    ),
  );
  let sent = 0;
  let proofs = 0;
  function* input() {
    for (let i = 0; sent < streamBytes; i++) {
      const batch = batches[i % STREAM_HEADS] ?? Buffer.alloc(0);
      sent += batch.length;
      proofs += PER_HEAD;
      if (proofs % 100_000 === 0) say(`${proofs} packages, ${rounded(sent / 1e9, 2)} GB`);
      yield batch;
    }
  }
  const key = core.hexFromBytes(made.publicKey);
  const words = [PROGRAM, '-q', '-', '--max-total', '64GiB', '--public-key', key];
  const { code, wallS, peakMiB, stdout } = await runNode(words, {
    watchMemory: true,
    input: input(),
  });
  if (code !== 0 || !stdout.includes(`${proofs} verified`)) {
    throw new Error(`the stream ended with ${code}: ${stdout.slice(0, 500)}`);
  }
  const peak = peakMiB ?? 0;
  return {
    ...NOTHING,
    load: `${rounded(sent / 1e9, 2)} GB of packages as NDJSON on standard input, ${STREAM_HEADS} heads in turns, all cores; load average at the start ${busy}`,
    figures: {
      stream_proofs: proofs,
      stream_s: rounded(wallS, 1),
      stream_proofs_per_s: rounded(proofs / wallS),
      stream_peak_mib: rounded(peak, 1),
    },
    goals: [
      goal(
        'a stream larger than memory in less than 300 MB (in MiB)',
        peak,
        peak > 0 && peak < MAX_STREAM_MIB,
      ),
    ],
  };
}

/** @param {typeof FULL} size @param {Say} say @returns {Promise<import('./run.mjs').Measured>} */
async function measureRuns(size, say) {
  const busy = rounded(loadavg()[0] ?? 0, 1);
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-bench-'));
  try {
    const key = await writeInputs(folder, size);
    say('packages written');
    const start = await startTimes(folder, key, size.starts);
    say(`start ${rounded(start.ours)} ms, node reading the file ${rounded(start.node)} ms`);
    const { bundle, shared, alone } = await largeRuns(folder, key, size, say);
    const ratio = start.ours / start.node;
    const peak = Math.max(bundle.peakMiB, 0);
    return {
      load:
        `start: one package, ${size.starts} interleaved starts; ${size.bundle} packages of one head; ` +
        `${size.proofs} packages as NDJSON, a new head every ${PER_HEAD}; whole processes, medians of ${size.rounds} ` +
        `interleaved rounds; ${availableParallelism()} cores; load average at the start ${busy}`,
      figures: {
        start_ms: rounded(start.ours, 1),
        node_reading_the_file_ms: rounded(start.node, 1),
        bundle_packages: size.bundle,
        bundle_s: rounded(bundle.wallS, 2),
        bundle_peak_mib: rounded(bundle.peakMiB, 1),
        proofs: size.proofs,
        all_cores_proofs_per_s: rounded(size.proofs / shared.wallS),
        all_cores_peak_mib: rounded(shared.peakMiB, 1),
        one_thread_proofs_per_s: rounded(size.proofs / alone.wallS),
        one_thread_peak_mib: rounded(alone.peakMiB, 1),
      },
      ceilings: {},
      peers: {},
      ratios: {
        start_vs_node: rounded(ratio, 2),
        all_cores_vs_one_thread: rounded(alone.wallS / shared.wallS, 2),
      },
      goals: [
        goal(`start <= ${MAX_START} x node reading the file`, ratio, ratio <= MAX_START),
        goal(
          `${size.bundle} packages of one head < ${MAX_BUNDLE_S} s`,
          bundle.wallS,
          bundle.wallS < MAX_BUNDLE_S,
        ),
        goal('the same in less than 200 MB (in MiB)', peak, peak > 0 && peak < MAX_BUNDLE_MIB),
        goal(
          'all cores faster than one thread (ratio > 1)',
          alone.wallS / shared.wallS,
          shared.wallS < alone.wallS,
        ),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One package, many of one head, and many more of many heads. @param {string} folder @param {typeof FULL} size */
async function writeInputs(folder, { bundle: count, proofs }) {
  const [core, tree] = await Promise.all([import('@kapsel/verification'), import('@kapsel/tree')]);
  const made = bundleOf(core, tree, count);
  const [first = new Uint8Array()] = made.packagesUnder(HEAD_TIME_MS, 1);
  await writeFile(join(folder, 'one.json'), first);
  await writeLines(join(folder, 'bundle.ndjson'), [made.packagesUnder(HEAD_TIME_MS, count)]);
  const perHead = Math.min(PER_HEAD, count);
  const heads = Math.ceil(proofs / perHead);
  function* batches() {
    for (let i = 1; i <= heads; i++) yield made.packagesUnder(HEAD_TIME_MS + i, perHead);
  }
  await writeLines(join(folder, 'proofs.ndjson'), batches());
  return core.hexFromBytes(made.publicKey);
}

/** @param {string} path @param {Iterable<readonly Uint8Array[]>} batches */
async function writeLines(path, batches) {
  const file = createWriteStream(path);
  for (const batch of batches) {
    const lines = batch.map((bytes) => `${Buffer.from(bytes).toString('utf8')}\n`).join('');
    if (!file.write(lines)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** @param {string} folder @param {string} key @param {number} starts */
async function startTimes(folder, key, starts) {
  const file = join(folder, 'one.json');
  const words = {
    ours: [PROGRAM, '--proof', file, '--public-key', key],
    node: ['-e', `require('node:fs').readFileSync(${JSON.stringify(file)})`],
  };
  /** @type {{ ours: number[], node: number[] }} */
  const times = { ours: [], node: [] };
  for (let i = 0; i < starts; i++) {
    for (const name of /** @type {const} */ (['ours', 'node'])) {
      const { code, wallS } = await runNode(words[name]);
      if (code !== 0) throw new Error(`${name} ended with ${code}`);
      times[name].push(wallS * 1e3);
    }
  }
  return { ours: median(times.ours), node: median(times.node) };
}

/** @param {string} folder @param {string} key @param {typeof FULL} size @param {Say} say */
async function largeRuns(folder, key, size, say) {
  const oneThread = join(folder, 'one-thread.cjs');
  // Whoever does not start from its own file has no file for threads either.
  await writeFile(oneThread, `process.argv[1] = 'none'; require(${JSON.stringify(PROGRAM)});\n`);
  const runs = {
    bundle: { program: PROGRAM, file: 'bundle.ndjson', count: size.bundle },
    shared: { program: PROGRAM, file: 'proofs.ndjson', count: size.proofs },
    alone: { program: oneThread, file: 'proofs.ndjson', count: size.proofs },
  };
  /** @type {Record<keyof typeof runs, { wallS: number, peakMiB: number }[]>} */
  const found = { bundle: [], shared: [], alone: [] };
  for (let round = 1; round <= size.rounds; round++) {
    for (const name of /** @type {const} */ (['bundle', 'shared', 'alone'])) {
      const { program, file, count } = runs[name];
      const words = [program, '-q', join(folder, file), '--public-key', key];
      const { code, wallS, peakMiB, stdout } = await runNode(words, { watchMemory: true });
      if (code !== 0 || !stdout.includes(`${count} verified`)) {
        throw new Error(`${name} ended with ${code}: ${stdout.slice(0, 500)}`);
      }
      found[name].push({ wallS, peakMiB: peakMiB ?? Number.NaN });
      say(`round ${round} ${name}: ${rounded(wallS, 2)} s, ${rounded(peakMiB ?? 0, 1)} MiB`);
    }
  }
  const middle = (/** @type {keyof typeof runs} */ name) => ({
    wallS: median(found[name].map(({ wallS }) => wallS)),
    peakMiB: Math.max(...found[name].map(({ peakMiB }) => peakMiB)),
  });
  return { bundle: middle('bundle'), shared: middle('shared'), alone: middle('alone') };
}

/** @param {string} name @param {number} measured @param {boolean} met @returns {import('./run.mjs').Goal} */
function goal(name, measured, met) {
  return { name, measured: rounded(measured, 2), met };
}
