/** Revoking a key that was retired earlier: the key after it says so, and verifiers hear it. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  bitcoinMainnet,
  equalBytes,
  parseProofPackage,
  verifyKeyChain,
} from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { revokeKey } from '../../src/attestation/revoke-key.ts';
import { rotateKey } from '../../src/attestation/rotate-key.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import { LogAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { createKeyRing, openLogSigner } from '../../src/keys/key-ring.ts';
import { KeyError } from '../../src/keys/signer.ts';
import { type AttestationKey, listAttestationKeys } from '../../src/keys/store.ts';
import { assembleProofPackage } from '../../src/proofs/assemble.ts';
import {
  type AttemptLeaf,
  type Bench,
  type BenchLog,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';
import { openTestProofs } from '../support/proofs.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { tenantReadsOf, tenantsOf } from '../support/tenant.ts';

let bench: Bench;
let log: BenchLog;
let folder: string;
let places: KeyPlaces;
let published = memoryHeads();
let leaf: AttemptLeaf | undefined;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A log with three keys in a row, and a leaf under a head of the first. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kapsel-revoke-'));
  log = await makeLog(bench.pool);
  published = memoryHeads();
  places = placesIn(folder);
  await openLogSigner(bench.pool, log, places, systemClock.nowMs());
  [leaf] = await settleAttempts(bench.pool, log, 1);
  await sequence(bench.pool, log);
  await sign();
  for (let i = 0; i < 2; i++) {
    const wish = { nextSigner: () => places.make(), stolenAtMs: null };
    await rotateKey({ ...deps(), places }, log, wish);
  }
});

const placesIn = (keys: string): KeyPlaces =>
  new KeyPlaces({
    firstKeyFile: path.join(keys, 'first.pem'),
    keysDir: path.join(keys, 'keys'),
    passphrase: null,
    environment: null,
  });
const deps = () => ({
  pool: bench.pool,
  clock: systemClock,
  ring: createKeyRing(places),
  published,
});
const sign = () => signHead({ ...deps(), pace: { growingMs: 0, idleMs: 0 } }, log);
const keyAt = async (index: number): Promise<AttestationKey> => {
  const key = (await listAttestationKeys(bench.pool, log.id))[index];
  if (key === undefined) throw new TypeError('no such key');
  return key;
};
const revoke = async (index: number, from = places): Promise<boolean> =>
  revokeKey(
    { pool: bench.pool, places: from },
    log,
    (await keyAt(index)).keyId,
    systemClock.nowMs() - 60_000,
  );
const statesOf = async (): Promise<string[]> =>
  (await listAttestationKeys(bench.pool, log.id)).map(({ state }) => state);

it.each([0, 1])('retired key %i is revoked by the key after it, once', async (index) => {
  expect(await revoke(index)).toBe(true);
  expect(await revoke(index)).toBe(false);
  expect((await statesOf())[index]).toBe('revoked');
  expect(await sequence(bench.pool, log)).toMatchObject({ added: 1 });
  await sign();
  await checkTree(bench.pool, log);
  const found: unknown[] = [];
  const audit = new LogAudit(bench.pool, log, {
    chunk: 256,
    bodiesOneIn: 0x7fffffff,
    onContradiction: (contradiction) => found.push(contradiction),
    pause: async () => undefined,
  });
  while (await audit.step());
  expect(found).toEqual([]);
  // The package, which was verified for who pinned the oldest key too, carries the revocation.
  const { text } = await assembleProofPackage(
    {
      proofs: openTestProofs(bench.pools.api),
      forTenant: tenantsOf(bench.pools),
      readForTenant: tenantReadsOf(bench.pools),
      clock: systemClock,
      findWitnessedHead: async () => null,
      chain: bitcoinMainnet(),
    },
    log.tenantId,
    leaf?.deliveryAttemptId ?? '',
  );
  const { keyChain, signedTreeHead } = parseProofPackage(text);
  const { revocations } = verifyKeyChain(keyChain, signedTreeHead);
  expect(revocations).toHaveLength(1);
  expect(revocations[0]).toMatchObject({ by: 'successor', isLogged: true });
  const revoked = revocations[0]?.leaf.publicKey ?? new Uint8Array();
  expect(equalBytes(revoked, (await keyAt(index)).publicKey)).toBe(true);
});

it('two at once write one statement', async () => {
  const runs = await Promise.all([revoke(0), revoke(0), revoke(0)]);
  expect(runs.filter(Boolean)).toHaveLength(1);
  expect(await sequence(bench.pool, log)).toMatchObject({ added: 1 });
});

it('a key that signs, an unknown one, and a missing successor are refused, and nothing is written', async () => {
  await expect(revoke(2)).rejects.toBeInstanceOf(KeyError);
  const unknown = Buffer.from(newId(0).replaceAll('-', '').repeat(2), 'hex');
  const none = revokeKey({ pool: bench.pool, places }, log, unknown, 0);
  await expect(none).rejects.toBeInstanceOf(KeyError);
  await expect(revoke(0, placesIn(path.join(folder, 'elsewhere')))).rejects.toBeInstanceOf(
    KeyError,
  );
  expect(await statesOf()).toEqual(['retired', 'retired', 'active']);
  expect(await sequence(bench.pool, log)).toMatchObject({ added: 0 });
});
