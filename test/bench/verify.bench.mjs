// @ts-check
/** Bench `verify`: inclusion proofs beside other Merkle packages and raw hashing, and many packages under one head. @module */
import { loadavg } from 'node:os';
import {
  leafHashes,
  merkletreejs,
  openZeppelin,
  ours,
  sampledIndexes,
} from './support/inclusion-contestants.mjs';
import { bundleOf } from './support/packages-under-one-head.mjs';
import { versionOfPeer } from './support/peers.mjs';
import { median, rateOfEach, rounded } from './support/rounds.mjs';

export const about =
  'inclusion proofs per second beside merkletreejs, OpenZeppelin and raw SHA-256; packages under one head';
export const needsPeers = true;

const FULL = { treeSize: 1_000_000, proofs: 2_000, rounds: 7, sliceMs: 400, packages: 10_000 };
const QUICK = { treeSize: 1_000, proofs: 50, rounds: 3, sliceMs: 20, packages: 200 };
const BUNDLE_ROUNDS = 3;
const DISTINCT_HEADS = 40;
const HEAD_TIME_MS = Date.parse('2026-01-15T10:30:45.000Z');
const MAX_COST = 1.3;
const MAX_BUNDLE_S = 1;
const PEERS = ['merkletreejs', '@openzeppelin/merkle-tree'];

/**
 * @typedef {typeof import('@kapsel/verification')} Core
 * @typedef {typeof import('@kapsel/tree')} Tree
 * @typedef {(line: string) => void} Say
 */

/** @param {{ quick: boolean, say: Say }} options @returns {Promise<import('./run.mjs').Measured>} */
export async function measure({ quick, say }) {
  const [core, tree] = await Promise.all([import('@kapsel/verification'), import('@kapsel/tree')]);
  const size = quick ? QUICK : FULL;
  const busy = rounded(loadavg()[0] ?? 0, 1);
  // First the packages: the peers' trees of a million leaves leave a heap that slows down whoever comes after them.
  const bundle = bundleTimes(core, tree, size.packages, say);
  const inclusion = inclusionRates(core, tree, size, say);

  const { rates, hashes } = inclusion;
  const rateOf = (/** @type {string} */ name) => rates.get(name) ?? Number.NaN;
  const cost = rateOf('raw') / rateOf('ours');
  const peers = PEERS.map((name) => peerFigures(name, rates, hashes.get(name) ?? Number.NaN));
  const [versusMerkletreejs = 0, versusOpenZeppelin = 0] = peers.map(
    ({ proofs_per_s }) => rateOf('ours') / Number(proofs_per_s),
  );
  return {
    load:
      `${size.proofs} sampled inclusion proofs of a tree of ${size.treeSize} leaves, ` +
      `median of ${size.rounds} interleaved rounds of ${size.sliceMs} ms each; ` +
      `${size.packages} packages as bytes under one new head per round, ${BUNDLE_ROUNDS} rounds; ` +
      `one thread; load average at the start ${busy}`,
    figures: {
      proofs_per_s: rounded(rateOf('ours')),
      hashes_per_proof: rounded(hashes.get('ours') ?? Number.NaN, 2),
      us_per_proof: rounded(1e6 / rateOf('ours'), 1),
      bundle_packages: size.packages,
      bundle_s: rounded(bundle.wallS, 3),
      bundle_cpu_s: rounded(bundle.cpuS, 3),
      bundle_text_s: rounded(bundle.textS, 3),
      us_per_package: rounded((1e6 * bundle.wallS) / size.packages, 1),
      ms_per_distinct_head: rounded(bundle.distinctHeadMs, 2),
    },
    ceilings: { noble_sha256_as_proofs_per_s: rounded(rateOf('raw')) },
    peers: Object.fromEntries(PEERS.map((name, i) => [name, peers[i] ?? {}])),
    ratios: {
      cost_of_raw_sha256: rounded(cost, 2),
      vs_merkletreejs: rounded(versusMerkletreejs, 2),
      vs_openzeppelin: rounded(versusOpenZeppelin, 2),
      vs_best_peer: rounded(Math.min(versusMerkletreejs, versusOpenZeppelin), 2),
    },
    goals: [
      goal(`cost <= ${MAX_COST} x raw SHA-256`, cost, cost <= MAX_COST),
      goal('faster than merkletreejs (ratio > 1)', versusMerkletreejs, versusMerkletreejs > 1),
      goal(
        'faster than @openzeppelin/merkle-tree (ratio > 1)',
        versusOpenZeppelin,
        versusOpenZeppelin > 1,
      ),
      goal(
        `${size.packages} packages under one head < ${MAX_BUNDLE_S} s`,
        bundle.wallS,
        bundle.wallS < MAX_BUNDLE_S,
      ),
    ],
  };
}

/** @param {Core} core @param {Tree} tree @param {typeof FULL} size @param {Say} say */
function inclusionRates(core, tree, size, say) {
  const leaves = leafHashes(size.treeSize);
  const indexes = sampledIndexes(size.proofs, size.treeSize);
  const entries = new Map([
    ['ours', timed('our tree', () => ours(core, tree, leaves, indexes), say)],
    ['merkletreejs', timed('merkletreejs tree', () => merkletreejs(leaves, indexes), say)],
    [
      '@openzeppelin/merkle-tree',
      timed('OpenZeppelin tree', () => openZeppelin(leaves, indexes), say),
    ],
  ]);
  const contestants = [...entries.values()].flatMap((entry) => entry.contestants);
  const rates = rateOfEach(contestants, { ...size, say });
  for (const [name, rate] of rates)
    say(`${rounded(rate).toString().padStart(9)} proofs/s  ${name}`);
  return {
    rates,
    hashes: new Map([...entries].map(([name, { hashesPerProof }]) => [name, hashesPerProof])),
  };
}

/** The peer with its fastest SHA-256, and with each of them. @param {string} name @param {Map<string, number>} rates @param {number} hashesPerProof */
function peerFigures(name, rates, hashesPerProof) {
  const own = [...rates].flatMap(([contestant, rate]) =>
    contestant.startsWith(`${name} `)
      ? [{ hash: contestant.slice(name.length + 1), rate: rounded(rate) }]
      : [],
  );
  const [best] = own.sort((a, b) => b.rate - a.rate);
  return {
    version: versionOfPeer(name),
    proofs_per_s: best?.rate ?? Number.NaN,
    sha256: best?.hash ?? '',
    hashes_per_proof: rounded(hashesPerProof, 2),
    ...Object.fromEntries(own.map(({ hash, rate }) => [`proofs_per_s with ${hash}`, rate])),
  };
}

/** @param {Core} core @param {Tree} tree @param {number} count @param {Say} say */
function bundleTimes(core, tree, count, say) {
  const bundle = timed('package tree', () => bundleOf(core, tree, count), say);
  const trust = { keys: [{ publicKey: bundle.publicKey, name: null }] };
  const options = { nowMs: HEAD_TIME_MS + 60_000 };
  const verifyAll = (/** @type {readonly (string | Uint8Array)[]} */ inputs) => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    for (const input of inputs) {
      const { verdict } = core.verifyProofPackage(input, trust, options);
      if (verdict !== 'verified') throw new Error(`a good package came out as ${verdict}`);
    }
    const wallS = (performance.now() - start) / 1e3;
    const { user, system } = process.cpuUsage(cpu);
    return { wallS, cpuS: (user + system) / 1e6 };
  };
  let seconds = 0;
  const nextHead = () => HEAD_TIME_MS + ++seconds; // another time, another head: its signature is not known yet
  /** @type {{ wallS: number, cpuS: number, textS: number }[]} */
  const rounds = [];
  for (let round = 1; round <= BUNDLE_ROUNDS; round++) {
    const times = verifyAll(bundle.packagesUnder(nextHead(), count));
    const texts = bundle.packagesUnder(nextHead(), count).map(core.stringFromUtf8);
    rounds.push({ ...times, textS: verifyAll(texts).wallS });
    say(`bundle round ${round}: ${rounded(times.wallS, 3)} s for ${count} packages`);
  }
  const heads = Array.from({ length: DISTINCT_HEADS }, () => bundle.packagesUnder(nextHead(), 1));
  const distinct = verifyAll(heads.flat());
  return {
    wallS: median(rounds.map(({ wallS }) => wallS)),
    cpuS: median(rounds.map(({ cpuS }) => cpuS)),
    textS: median(rounds.map(({ textS }) => textS)),
    distinctHeadMs: (1e3 * distinct.wallS) / DISTINCT_HEADS,
  };
}

/** @template Made @param {string} what @param {() => Made} make @param {Say} say */
function timed(what, make, say) {
  const start = performance.now();
  const made = make();
  say(`${what} made in ${rounded((performance.now() - start) / 1e3, 1)} s`);
  return made;
}

/** @param {string} name @param {number} measured @param {boolean} met @returns {import('./run.mjs').Goal} */
function goal(name, measured, met) {
  return { name, measured: rounded(measured, 2), met };
}
