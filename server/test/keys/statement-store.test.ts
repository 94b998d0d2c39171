/** Key statements in a real database: kept in the order of the tree, and placed once. @module */
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SignedStatement, signRevocation, signRotation } from '../../src/keys/statement.ts';
import {
  insertKeyStatement,
  listKeyStatements,
  placeKeyStatement,
} from '../../src/keys/statement-store.ts';
import { insertAttestationKey } from '../../src/keys/store.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  makeSigner,
  openBench,
  START_MS,
} from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function announce(log: BenchLog): Promise<SignedStatement[]> {
  const old = await giveSigner(bench.pool, log);
  const next = makeSigner();
  await insertAttestationKey(bench.pool, log.id, {
    keyId: Buffer.from(keyIdFromPublicKey(next.publicKey), 'hex'),
    publicKey: next.publicKey,
    provider: 'file',
    validFromMs: START_MS,
    state: 'announced',
  });
  const statements = [
    await signRotation(log.origin, old, next, START_MS),
    await signRevocation(log.origin, old.publicKey, next, START_MS - 9),
  ];
  for (const statement of statements) await insertKeyStatement(bench.pool, log.id, statement);
  return statements;
}

it('is listed with its exact text, without a place until it is given one', async () => {
  const log = await makeLog(bench.pool);
  const [rotation, revocation] = (await announce(log)) as [SignedStatement, SignedStatement];
  const expected = [rotation, revocation].map((statement) => ({
    action: statement.action,
    keyId: Buffer.from(keyIdFromPublicKey(statement.publicKey), 'hex'),
    leafData: statement.data,
    leafHash: Buffer.from(statement.hash),
    leafIndex: null as number | null,
    validFromMs: statement.validFromMs,
  }));
  expect(await listKeyStatements(bench.pool, log.id)).toEqual(expected);

  await placeKeyStatement(bench.pool, log.id, revocation.hash, 7);
  const [first, second] = expected;
  expect(await listKeyStatements(bench.pool, log.id)).toEqual([{ ...second, leafIndex: 7 }, first]);
  await placeKeyStatement(bench.pool, log.id, rotation.hash, 6);
  // A place that is known stays.
  await placeKeyStatement(bench.pool, log.id, rotation.hash, 8);
  expect((await listKeyStatements(bench.pool, log.id)).map(({ leafIndex }) => leafIndex)).toEqual([
    6, 7,
  ]);
});

it('belongs to one log, speaks of a key that is there, and is there once', async () => {
  const [log, other] = [await makeLog(bench.pool), await makeLog(bench.pool)];
  const [rotation] = (await announce(log)) as [SignedStatement];
  expect(await listKeyStatements(bench.pool, other.id)).toEqual([]);
  await placeKeyStatement(bench.pool, other.id, rotation.hash, 1);
  expect((await listKeyStatements(bench.pool, log.id))[0]?.leafIndex).toBeNull();
  const again = insertKeyStatement(bench.pool, log.id, rotation);
  await expect(again).rejects.toMatchObject({ code: '23505' });
  const unknown = await signRotation(log.origin, makeSigner(), makeSigner(), START_MS);
  const inserted = insertKeyStatement(bench.pool, log.id, unknown);
  await expect(inserted).rejects.toMatchObject({ code: '23503' });
});
