/** Key chains of packages: for each head exactly the statements by which a verifier gets to its key. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bitcoinMainnet,
  followKeyStatements,
  keyIdFromPublicKey,
  verifyProofPackage,
} from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rotation, rotateKey } from '../../src/attestation/rotate-key.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { createKeyRing, openLogSigner } from '../../src/keys/key-ring.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { type SignedStatement, signRevocation, signRotation } from '../../src/keys/statement.ts';
import type { StoredStatement } from '../../src/keys/statement-store.ts';
import { assembleProofPackage } from '../../src/proofs/assemble.ts';
import { openProofCache } from '../../src/proofs/cache.ts';
import { statementsUpTo } from '../../src/proofs/key-chain.ts';
import {
  type Bench,
  makeLog,
  makeSigner,
  openBench,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { tenantReadsOf, tenantsOf } from '../support/tenant.ts';

let bench: Bench;
let folder: string;
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-chain-'));
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const ORIGIN = 'log.kapsel.test/chain';

const stored = (statement: SignedStatement, leafIndex: number): StoredStatement => ({
  action: statement.action,
  keyId: Buffer.from(keyIdFromPublicKey(statement.publicKey), 'hex'),
  leafData: statement.data,
  leafHash: statement.hash,
  leafIndex,
  validFromMs: statement.validFromMs,
});

const signers = Array.from({ length: 70 }, () => makeSigner());
const signerAt = (i: number): Signer => signers[i] as Signer;
const keyAt = (i: number): Uint8Array => signerAt(i).publicKey;
const rotation = async (i: number): Promise<StoredStatement> =>
  stored(await signRotation(ORIGIN, signerAt(i), signerAt(i + 1), START_MS + i), 10 * i);
const revocation = async (i: number): Promise<StoredStatement> =>
  stored(await signRevocation(ORIGIN, keyAt(i), signerAt(i + 1), START_MS - 1), 10 * i + 1);

describe('statementsUpTo', () => {
  it('is empty for the first key, and for one that no statement names', async () => {
    const statements = [await rotation(0), await revocation(0)];
    expect(statementsUpTo(statements, keyAt(0))).toEqual([]);
    expect(statementsUpTo(statements, makeSigner().publicKey)).toEqual([]);
    expect(statementsUpTo([], keyAt(0))).toEqual([]);
  });

  it('ends at the key of the head, with the revocations of the keys before it', async () => {
    const [first, second, third] = [await rotation(0), await rotation(1), await rotation(2)];
    const [revoked, later] = [await revocation(1), await revocation(2)];
    const statements = [first, second, revoked, third, later];
    expect(statementsUpTo(statements, keyAt(1))).toEqual([first]);
    expect(statementsUpTo(statements, keyAt(2))).toEqual([first, second, revoked]);
    expect(statementsUpTo(statements, keyAt(3))).toEqual(statements);
  });

  it('gives the newest that fit into a package, from a rotation on', async () => {
    const statements: StoredStatement[] = [];
    for (let i = 0; i < 66; i++) {
      statements.push(await rotation(i));
      if (i === 2) statements.push(await revocation(i));
    }
    // 67 of them: the first three go, and the revocation that would come first goes with its rotation.
    const chosen = statementsUpTo(statements, keyAt(66));
    expect(chosen).toEqual(statements.slice(4));
    expect(chosen[0]?.action).toBe('rotate');
    expect(chosen).toHaveLength(63);
  });
});

describe('a package after rotations', () => {
  it('verifies with the new key alone, with every older key, and as before once it is downloaded', async () => {
    const log = await makeLog(bench.pool);
    const [leaf] = await settleAttempts(bench.pool, log, 1);
    const places = new KeyPlaces({
      firstKeyFile: join(folder, 'first.pem'),
      keysDir: join(folder, 'keys'),
      passphrase: null,
      environment: null,
    });
    const first = await openLogSigner(bench.pool, log, places, systemClock.nowMs());
    const deps = {
      pool: bench.pool,
      clock: systemClock,
      ring: createKeyRing(places),
      published: memoryHeads(),
      places,
    };
    const rotate = (stolenAtMs: number | null): Promise<Rotation> =>
      rotateKey(deps, log, { nextSigner: () => places.make(), stolenAtMs });
    const assemble = async (): Promise<string> => {
      const proofs = openProofCache({
        ...deps,
        onRequest: () => undefined,
        onProof: () => undefined,
      });
      const findWitnessedHead = async (): Promise<null> => null;
      const id = leaf?.deliveryAttemptId ?? '';
      const forTenant = tenantsOf(bench.pools);
      const readForTenant = tenantReadsOf(bench.pools);
      const assembling = {
        ...deps,
        proofs,
        forTenant,
        readForTenant,
        findWitnessedHead,
        chain: bitcoinMainnet(),
      };
      return (await assembleProofPackage(assembling, log.tenantId, id)).text;
    };
    const keyCheckOf = (text: string, publicKey: Uint8Array): unknown => {
      const trust = { keys: [{ publicKey, name: null, log: log.origin }] };
      const { verdict, key } = verifyProofPackage(text, trust, {
        nowMs: systemClock.nowMs(),
        followKeyStatements,
      });
      return [verdict, key?.source, key?.statements.map(({ isLogged }) => isLogged)];
    };

    await sequence(bench.pool, log);
    await signHead({ ...deps, pace: { growingMs: 0, idleMs: 0 } }, log);
    const before = await assemble();
    // Between the announcement of an emergency and the first head of the new key there is nothing to believe.
    await bench.pool.query("UPDATE attestation_keys SET state = 'revoked' WHERE log_id = $1", [
      log.id,
    ]);
    await expect(assemble()).rejects.toMatchObject({ kind: 'not_yet_committed' });
    await bench.pool.query("UPDATE attestation_keys SET state = 'active' WHERE log_id = $1", [
      log.id,
    ]);
    expect(JSON.parse(before)).not.toHaveProperty('key_chain');
    const keys = [first?.publicKey ?? new Uint8Array()];
    for (const stolenAtMs of [null, systemClock.nowMs() - 60_000, null]) {
      keys.push((await rotate(stolenAtMs)).publicKey);
      const text = await assemble();
      const newest = keys.length - 1;
      for (const [i, key] of keys.entries()) {
        const way = i === newest ? ['pinned', []] : ['chain', Array(newest - i).fill(true)];
        expect(keyCheckOf(text, key)).toEqual(['verified', ...way]);
      }
      expect(keyCheckOf(text, makeSigner().publicKey)).toEqual(['untrusted', 'unknown', []]);
      expect(keyCheckOf(before, keys[0] ?? new Uint8Array())).toEqual(['verified', 'pinned', []]);
    }
  });
});
