// @ts-check
/** How long it takes until leaves that wait are in the tree and under a signed head, beside storing alone and hashing alone. @module */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importServer } from './bench-database.mjs';
import { percentile } from './load.mjs';
import { median, rounded } from './rounds.mjs';
import { insertOnly, letWait, makeLeaves } from './waiting-leaves.mjs';

const MAX_P99_MS = 100;
const WANTED_P99_MS = 50;
const WANTED_SHARE = 0.5;

/**
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function appendFigures({ pool, url }, size, say) {
  const log = await makeLog(pool, url);
  /** @type {Record<string, number>} */
  const figures = {};
  /** @type {Record<string, number>} */
  const ceilings = {};
  /** @type {Record<string, number>} */
  const ratios = {};
  const goals = [];
  try {
    for (const { leaves: count, rounds } of size.appends) {
      /** @type {{ appended: number[], inserted: number[], hashed: number[] }} */
      const ms = { appended: [], inserted: [], hashed: [] };
      for (let round = -2; round < rounds; round++) {
        const [leaves, others] = [
          await makeLeaves(log.origin, count),
          await makeLeaves(log.origin, count),
        ];
        await letWait(pool, log.id, leaves);
        const appended = await msOf(() => log.append(count));
        const inserted = await msOf(() => log.insertOnly(others));
        const hashed = await msOf(async () => hashAll(leaves));
        if (round < 0) continue; // warms up
        ms.appended.push(appended);
        ms.inserted.push(inserted);
        ms.hashed.push(hashed);
      }
      const sorted = [...ms.appended].sort((a, b) => a - b);
      const p99 = rounded(percentile(sorted, 0.99), 1);
      const perSecond = (/** @type {number[]} */ list) => rounded((count * 1000) / median(list));
      figures[`append_${count}_p50_ms`] = rounded(median(ms.appended), 1);
      figures[`append_${count}_p99_ms`] = p99;
      figures[`append_${count}_leaves_per_s`] = perSecond(ms.appended);
      ceilings[`insert_only_${count}_leaves_per_s`] = perSecond(ms.inserted);
      ceilings[`hash_only_${count}_leaves_per_s`] = perSecond(ms.hashed);
      const share = rounded(median(ms.inserted) / median(ms.appended), 2);
      ratios[`append_${count}_of_insert_only`] = share;
      goals.push({
        name: `append ${count}: >= ${WANTED_SHARE} of the insert-only rate`,
        measured: share,
        met: share >= WANTED_SHARE,
      });
      if (count === 1_000) {
        goals.push({
          name: `append 1000: p99 < ${MAX_P99_MS} ms`,
          measured: p99,
          met: p99 < MAX_P99_MS,
        });
        goals.push({
          name: `append 1000: p99 < ${WANTED_P99_MS} ms`,
          measured: p99,
          met: p99 < WANTED_P99_MS,
        });
      }
      say(`append ${count}: p50 ${figures[`append_${count}_p50_ms`]} ms, p99 ${p99} ms`);
    }
  } finally {
    await log.close();
  }
  const rounds = size.appends.map(({ leaves, rounds: n }) => `${n} x ${leaves}`).join(', ');
  return {
    load: `appends of ${rounds} waiting leaves of some 700 bytes (sequence, sign, store), interleaved with the ceilings`,
    figures,
    ceilings,
    ratios,
    goals,
  };
}

/** @param {() => Promise<unknown>} work */
async function msOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** One SHA-256 a leaf over its text, and one a node above: what no tree can avoid. @param {readonly { data: string }[]} leaves */
function hashAll(leaves) {
  const node = Buffer.alloc(65, 1);
  for (const { data } of leaves) {
    createHash('sha256').update('\0').update(data).digest();
    createHash('sha256').update(node).digest();
  }
}

/**
 * A log of its own that this process sequences and signs, with the key in memory and heads in files as a server has them.
 * @param {import('pg').Pool} pool @param {string} url
 */
async function makeLog(pool, url) {
  const [sequencing, signing, heads, keys, logs, { systemClock }, { openPools, closePools }] =
    await Promise.all(
      [
        'attestation/sequence.js',
        'attestation/sign-head.js',
        'attestation/published-head-file.js',
        'keys/store.js',
        'logs/store.js',
        'base/clock.js',
        'db/pools.js',
      ].map(importServer),
    );
  const { id: tenantId } = await insertTenant(pool);
  const name = `append-${tenantId}`;
  const log = {
    id: randomUUID(),
    tenantId,
    name,
    isPublic: true,
    origin: `log.kapsel.example/${name}`,
  };
  await logs.insertLog(pool, log);
  const signer = makeSigner();
  await keys.insertAttestationKey(pool, log.id, {
    keyId: createHash('sha256').update(signer.publicKey).digest(),
    publicKey: signer.publicKey,
    provider: signer.provider,
    state: 'active',
    validFromMs: Date.now(),
  });
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-bench-heads-'));
  const pools = openPools(url, () => {});
  const deps = {
    pool: pools.sequencer,
    clock: systemClock,
    ring: { signerOf: async () => signer },
    pace: { growingMs: 0, idleMs: Number.MAX_SAFE_INTEGER },
    published: await heads.openPublishedHeadFiles(folder, systemClock),
  };
  const scratchId = randomUUID();
  let stored = 0;
  return {
    id: log.id,
    origin: log.origin,
    /** Fails unless exactly `count` leaves are under a new head. @param {number} count */
    async append(count) {
      const { added } = await sequencing.sequence(deps.pool, log);
      const head = await signing.signHead(deps, log);
      if (added !== count || head === null) throw new Error(`appended ${added}, want ${count}`);
    },
    /** @param {readonly import('./waiting-leaves.mjs').Leaf[]} leaves */
    async insertOnly(leaves) {
      await insertOnly(deps.pool, scratchId, stored, leaves);
      stored += leaves.length;
    },
    async close() {
      await closePools(pools);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param {import('pg').Pool} pool @returns {Promise<{ id: string }>} */
async function insertTenant(pool) {
  const id = randomUUID();
  await pool.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [id, 'bench']);
  return { id };
}

function makeSigner() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    provider: 'file',
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: async (/** @type {Uint8Array} */ message) =>
      new Uint8Array(sign(null, message, privateKey)),
  };
}
