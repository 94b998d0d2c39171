/** Who may sign which head: the order of keys, their statements, and what a statement must hold. @module */
import { hexFromBytes, keyIdFromPublicKey, leafHash, utf8FromString } from '@kapsel/verification';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkKey,
  checkStatement,
  KeyHistory,
  type StatementRow,
} from '../../src/audit/check-keys.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { signRevocation, signRotation } from '../../src/keys/statement.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';

const ORIGIN = 'log.kapsel.test/keys';
const [first, second, third] = [makeSigner(), makeSigner(), makeSigner()];
const idOf = ({ publicKey }: Signer): string => keyIdFromPublicKey(publicKey);
const keyRow = (signer: Signer) => ({ keyId: idOf(signer), publicKey: signer.publicKey });

async function rotation(from: Signer, to: Signer, leafIndex: number | null): Promise<StatementRow> {
  const { action, publicKey, validFromMs, data, hash } = await signRotation(
    ORIGIN,
    from,
    to,
    START_MS,
  );
  return {
    action,
    keyId: keyIdFromPublicKey(publicKey),
    leafData: data,
    leafHash: hash,
    leafIndex,
    validFromMs,
  };
}

let statement: StatementRow;
beforeAll(async () => {
  statement = await rotation(first, second, 5);
});

/** Heads as `[signer, size]`, one second apart; answers how many findings each gives. */
function sign(history: KeyHistory, heads: readonly (readonly [Signer, number])[]): number[] {
  return heads.map(([signer, treeSize], i) => {
    const head = { keyId: idOf(signer), treeSize, timestampMs: START_MS + i * 1_000 };
    return history.checkSigner(head, `size ${treeSize}`).length;
  });
}

const history = (...statements: StatementRow[]): KeyHistory =>
  new KeyHistory([first, second, third].map(keyRow), statements);

describe('KeyHistory', () => {
  it('lets the next key sign once its statement is in the tree', () => {
    expect(
      sign(history(statement), [
        [first, 3],
        [first, 6],
        [second, 6],
        [second, 9],
      ]),
    ).toEqual([0, 0, 0, 0]);
  });

  it('finds a key that signs before its statement is in the tree, or has none', () => {
    expect(
      sign(history(statement), [
        [first, 3],
        [second, 5],
      ]),
    ).toEqual([0, 1]);
    expect(
      sign(history({ ...statement, leafIndex: null }), [
        [first, 3],
        [second, 9],
      ]),
    ).toEqual([0, 1]);
    expect(
      sign(history(), [
        [first, 3],
        [second, 9],
      ]),
    ).toEqual([0, 1]);
  });

  it('finds a key that signs before its time', () => {
    const late = { ...statement, validFromMs: START_MS + 60_000 };
    expect(
      sign(history(late), [
        [first, 6],
        [second, 6],
      ]),
    ).toEqual([0, 1]);
  });

  it('finds an old key that signs after the new one', async () => {
    const found = sign(history(statement), [
      [first, 6],
      [second, 6],
      [first, 7],
      [second, 7],
    ]);
    expect(found.map((count) => count > 0)).toEqual([false, false, true, true]);
  });

  it('knows the place of a statement from the tree, where its row has none yet', () => {
    const keys = history({ ...statement, leafIndex: null });
    const leaf = { action: 'rotate' } as never;
    expect(keys.checkPlace(4, statement.leafHash, leaf)).toEqual([]);
    expect(
      sign(keys, [
        [first, 4],
        [second, 5],
      ]),
    ).toEqual([0, 0]);
  });

  it('finds a place where the row and the tree differ', () => {
    const leaf = { action: 'rotate' } as never;
    const places = history(statement);
    expect(places.checkPlace(5, statement.leafHash, leaf)).toEqual([]);
    expect(places.checkPlace(5, new Uint8Array(32), null)[0]?.where).toBe(
      'key_statements.leaf_index',
    );
    expect(places.checkPlace(6, statement.leafHash, leaf)[0]?.where).toBe(
      'key_statements.leaf_index',
    );
    expect(history().checkPlace(5, statement.leafHash, leaf)[0]?.where).toBe('key_statements');
    expect(
      history().checkPlace(5, statement.leafHash, { action: 'delivery-key' } as never),
    ).toEqual([]);
  });
});

describe('checkKey', () => {
  it('wants the id to be the hash of the key', () => {
    expect(checkKey(keyRow(first))).toEqual([]);
    expect(checkKey({ ...keyRow(first), publicKey: second.publicKey })[0]?.where).toBe(
      'attestation_keys.public_key',
    );
  });
});

describe('checkStatement', () => {
  it('takes rotations and revocations', async () => {
    expect(checkStatement(statement, ORIGIN)).toEqual([]);
    const { publicKey, data, hash } = await signRevocation(
      ORIGIN,
      first.publicKey,
      second,
      START_MS,
    );
    const row: StatementRow = {
      ...statement,
      action: 'revoke',
      keyId: keyIdFromPublicKey(publicKey),
      leafData: data,
      leafHash: hash,
    };
    expect(checkStatement(row, ORIGIN)).toEqual([]);
  });

  it('finds another log, another key, and a signature of somebody else', async () => {
    const columns = (row: StatementRow, origin = ORIGIN) =>
      checkStatement(row, origin).map(({ where }) => where);
    expect(columns(statement, 'log.kapsel.test/other')).toEqual(['key_statements.leaf_data']);
    expect(columns({ ...statement, keyId: idOf(third) })).toEqual(['key_statements.key_id']);
    expect(columns({ ...statement, leafData: `${statement.leafData} ` })).toEqual([
      'key_statements.leaf_data',
    ]);
    // Signed by the third key, in the name of the first.
    const forged = await rotation(third, second, 5);
    const leafData = forged.leafData.replace(
      hexFromBytes(third.publicKey),
      hexFromBytes(first.publicKey),
    );
    const row = { ...forged, leafData, leafHash: leafHash(utf8FromString(leafData)) };
    expect(columns(row)).toEqual(['key_statements.leaf_data', 'key_statements.leaf_data']);
  });
});
