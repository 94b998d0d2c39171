/** Proof packages: they verify with the core, belong to their tenant, and are refused rather than wrong. @module */
import { bitcoinMainnet, followKeyStatements, verifyProofPackage } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import type { PendingLeaf } from '../../src/attestation/pending-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import type { TenantId } from '../../src/base/ids.ts';
import { newId } from '../../src/base/ids.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { haltLog } from '../../src/logs/store.ts';
import { type AssembleDeps, assembleProofPackage } from '../../src/proofs/assemble.ts';
import type { HeadWish } from '../../src/proofs/choose-head.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  insertAttempts,
  makeLog,
  openBench,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';
import { openTestProofs } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';
import { tenantReadsOf, tenantsOf } from '../support/tenant.ts';

let bench: Bench;
let log: BenchLog;
let signed: SignedLog;
let findWitnessedHead: AssembleDeps['findWitnessedHead'];
let leaves: PendingLeaf[];
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  findWitnessedHead = async () => null;
  log = await makeLog(bench.pool);
  signed = await signLog(bench.pool, log);
  leaves = await growLog(signed, 5);
  await headOf(signed);
});
afterAll(() => bench.close());

const assemble = async (
  id: string,
  tenantId: TenantId = log.tenantId,
  witnessed: NonNullable<HeadWish['witnessed']> = 'prefer',
): Promise<string> => {
  const deps = {
    proofs: openTestProofs(bench.pools.api),
    forTenant: tenantsOf(bench.pools),
    readForTenant: tenantReadsOf(bench.pools),
    clock: signed.clock,
    findWitnessedHead,
    chain: bitcoinMainnet(),
  };
  return (await assembleProofPackage(deps, tenantId, id, { witnessed })).text;
};

function idAt(index: number): string {
  return leaves[index]?.deliveryAttemptId ?? 'none';
}

function verdictOf(text: string, publicKey = signed.signer.publicKey): string {
  const trust = { keys: [{ publicKey, name: null, log: log.origin }] };
  return verifyProofPackage(text, trust, { nowMs: START_MS, followKeyStatements }).verdict;
}

describe('assembleProofPackage', () => {
  it('makes a package of each attempt that the core verifies', async () => {
    for (const [index, { deliveryAttemptId, leaf }] of leaves.entries()) {
      const text = await assemble(deliveryAttemptId ?? '');
      expect(verdictOf(text)).toBe('verified');
      expect(JSON.parse(text)).toMatchObject({
        format: 'kapsel.proof/v1',
        delivery_attempt_id: deliveryAttemptId,
        leaf_data: leaf.data,
        inclusion_proof: { leaf_index: index, tree_size: 5 },
        signed_tree_head: { tree_size: 5, log: log.origin },
      });
    }
  });

  it('has exactly the members of the format, in its order', async () => {
    const parsed: Record<string, object> = JSON.parse(await assemble(idAt(0)));
    expect(Object.keys(parsed)).toEqual([
      'format',
      'delivery_attempt_id',
      'leaf_data',
      'leaf_hash',
      'inclusion_proof',
      'signed_tree_head',
    ]);
    expect(Object.keys(parsed.inclusion_proof ?? {})).toEqual([
      'leaf_hash',
      'leaf_index',
      'tree_size',
      'proof_hashes',
      'root_hash',
    ]);
  });

  it('proves under the newest head', async () => {
    const before = await assemble(idAt(0));
    await growLog(signed, 300);
    await headOf(signed);
    const text = await assemble(idAt(0));
    expect(JSON.parse(text)).toMatchObject({ inclusion_proof: { tree_size: 305 } });
    expect(verdictOf(text)).toBe('verified');
    expect(verdictOf(before)).toBe('verified'); // what was handed out stays good
  });

  it('does not verify with another key', async () => {
    const other = await giveSigner(bench.pool, await makeLog(bench.pool));
    expect(verdictOf(await assemble(idAt(0)), other.publicKey)).toBe('untrusted');
  });
});

describe('a head that witnesses signed', () => {
  const sizeOf = (text: string): number =>
    (JSON.parse(text) as { inclusion_proof: { tree_size: number } }).inclusion_proof.tree_size;

  it('is taken before a newer one when it covers the leaf, unless it is not wanted', async () => {
    const seen = await findNewestHead(bench.pool, log.id);
    findWitnessedHead = async () => seen;
    const [later] = await growLog(signed, 3);
    await headOf(signed);
    for (const witnessed of [undefined, 'prefer', 'require'] as const) {
      const text = await assemble(idAt(0), log.tenantId, witnessed);
      expect([sizeOf(text), verdictOf(text)]).toEqual([5, 'verified']);
    }
    expect(sizeOf(await assemble(idAt(0), log.tenantId, 'none'))).toBe(8);
    const id = later?.deliveryAttemptId ?? '';
    expect(sizeOf(await assemble(id))).toBe(8);
    await expect(assemble(id, log.tenantId, 'require')).rejects.toMatchObject({
      kind: 'not_witnessed_yet',
    });
  });

  it('is refused as missing when it must be there, and the leaf is the caller’s', async () => {
    const ask = (tenantId: TenantId) => assemble(idAt(0), tenantId, 'require');
    await expect(ask(log.tenantId)).rejects.toMatchObject({ kind: 'not_witnessed_yet' });
    const stranger = await makeLog(bench.pool);
    await expect(ask(stranger.tenantId)).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('rows that retention took', () => {
  it('leave the package as it was: the row of the attempt is not needed', async () => {
    const before = await assemble(idAt(2));
    await bench.pool.query('DELETE FROM delivery_attempts WHERE tenant_id = $1', [log.tenantId]);
    expect(await assemble(idAt(2))).toBe(before);
  });

  it('leave no package where the leaf is gone too', async () => {
    await bench.pool.query('DELETE FROM merkle_leaves WHERE log_id = $1', [log.id]);
    await bench.pool.query('DELETE FROM delivery_attempts WHERE tenant_id = $1', [log.tenantId]);
    await expect(assemble(idAt(2))).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('what is not yours', () => {
  it('is not found, exactly like what does not exist', async () => {
    const stranger = await makeLog(bench.pool);
    const failures = await Promise.all(
      [
        assemble(idAt(0), stranger.tenantId),
        assemble(newId(START_MS)),
        assemble('not-an-id'),
        assemble(idAt(0).toUpperCase()),
        assemble(`${idAt(0)}' OR true --`),
        assemble(''),
      ].map((run) =>
        run.then(
          () => 'assembled',
          (error: { kind: string; message: string }) => ({ ...error, message: error.message }),
        ),
      ),
    );
    expect(failures[0]).toMatchObject({ kind: 'not_found' });
    for (const failure of failures) expect(failure).toEqual(failures[0]);
  });

  it('is not found either when it is not committed yet', async () => {
    const stranger = await makeLog(bench.pool);
    const [waiting] = await settleAttempts(bench.pool, log, 1);
    const id = waiting?.deliveryAttemptId ?? '';
    await expect(assemble(id, stranger.tenantId)).rejects.toMatchObject({ kind: 'not_found' });
  });
});

describe('what is not committed yet', () => {
  const NOT_YET = { kind: 'not_yet_committed' };

  it('says so at each station until there is a head above it', async () => {
    const [attempt] = await insertAttempts(bench.pool, log, 1);
    await expect(assemble(attempt?.id ?? '')).rejects.toMatchObject(NOT_YET); // in flight
    const [leaf] = await settleAttempts(bench.pool, log, 1);
    const id = leaf?.deliveryAttemptId ?? '';
    await expect(assemble(id)).rejects.toMatchObject(NOT_YET); // waits
    await sequence(bench.pool, log);
    await expect(assemble(id)).rejects.toMatchObject(NOT_YET); // has a place, no head
    await headOf(signed);
    expect(verdictOf(await assemble(id))).toBe('verified');
  });

  it('says so of a log that is halted, and goes on serving what is signed', async () => {
    const [leaf] = await settleAttempts(bench.pool, log, 1);
    const [inFlight] = await insertAttempts(bench.pool, log, 1);
    await haltLog(bench.pool, log.id, 'somebody edited the database');
    for (const id of [leaf?.deliveryAttemptId ?? '', inFlight?.id ?? '']) {
      await expect(assemble(id)).rejects.toMatchObject({ kind: 'log_halted' });
    }
    expect(verdictOf(await assemble(idAt(0)))).toBe('verified');
  });

  it('says so before the first head of the log', async () => {
    const fresh = await signLog(bench.pool, await makeLog(bench.pool));
    const [leaf] = await growLog(fresh, 1);
    const id = leaf?.deliveryAttemptId ?? '';
    await expect(assemble(id, fresh.log.tenantId)).rejects.toMatchObject(NOT_YET);
  });
});

describe('a database that was tampered with', () => {
  const flip = (column: string): string =>
    `${column} = set_byte(${column}, 3, get_byte(${column}, 3) # 1)`;

  it.each<[string, string[]]>([
    [
      'a leaf text that says another outcome',
      [
        `UPDATE merkle_leaves SET leaf_data = replace(leaf_data, '"delivered"', '"rejected"')
          WHERE log_id = $1`,
      ],
    ],
    [
      'white space in a leaf text',
      ["UPDATE merkle_leaves SET leaf_data = leaf_data || ' ' WHERE log_id = $1"],
    ],
    [
      'a leaf hash',
      [`UPDATE merkle_leaves SET ${flip('leaf_hash')} WHERE log_id = $1 AND leaf_index = 1`],
    ],
    [
      'the place of a leaf',
      [
        'DELETE FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 4',
        'UPDATE merkle_leaves SET leaf_index = 4 WHERE log_id = $1 AND leaf_index = 1',
      ],
    ],
    ['the root of a head', [`UPDATE signed_tree_heads SET ${flip('root_hash')} WHERE log_id = $1`]],
    [
      'the signature of a head',
      [`UPDATE signed_tree_heads SET ${flip('signature')} WHERE log_id = $1`],
    ],
    [
      'the time of a head',
      ['UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms + 1 WHERE log_id = $1'],
    ],
    [
      'a checkpoint',
      [
        `UPDATE signed_tree_heads SET checkpoint = replace(checkpoint, E'\\n5\\n', E'\\n6\\n')
          WHERE log_id = $1`,
      ],
    ],
    ['the name of the log', ["UPDATE logs SET origin = origin || '-other' WHERE id = $1"]],
  ])('gives an error and no package: %s', async (_what, statements) => {
    for (const statement of statements) {
      expect((await bench.pool.query(statement, [log.id])).rowCount).toBeGreaterThan(0);
    }
    await expect(assemble(idAt(1))).rejects.toThrow('does not verify');
  });

  /** As somebody with all rights on the database would do it: no trigger runs. */
  async function changeTiles(set: string): Promise<void> {
    await inTransaction(bench.pool, async (db) => {
      await db.query('ALTER TABLE merkle_tiles DISABLE TRIGGER merkle_tiles_only_grow');
      await db.query(`UPDATE merkle_tiles SET ${set} WHERE log_id = $1`, [log.id]);
      await db.query('ALTER TABLE merkle_tiles ENABLE TRIGGER merkle_tiles_only_grow');
    });
  }

  it('gives an error when a tile was changed, and none for leaves that do not need the changed hash', async () => {
    // Hash 0 of the tile is leaf 0: a neighbour on the path of leaf 1, and not on its own.
    await changeTiles(flip('hashes'));
    await expect(assemble(idAt(1))).rejects.toThrow('does not verify');
    await expect(assemble(idAt(4))).rejects.toThrow('does not verify');
    expect(verdictOf(await assemble(idAt(0)))).toBe('verified');
  });

  it('gives an error when a tile is too short or missing', async () => {
    await changeTiles('width = 4, hashes = substring(hashes FROM 1 FOR 128)');
    await expect(assemble(idAt(1))).rejects.toThrow(RangeError);
    await bench.pool.query('DELETE FROM merkle_tiles WHERE log_id = $1', [log.id]);
    await expect(assemble(idAt(1))).rejects.toThrow('missing');
  });

  it('gives an error when the head is signed by a key of another log', async () => {
    const other = await makeLog(bench.pool);
    await bench.pool.query('UPDATE attestation_keys SET log_id = $2 WHERE log_id = $1', [
      log.id,
      other.id,
    ]);
    await expect(assemble(idAt(1))).rejects.toThrow('not the log’s');
  });

  it('gives an error when the head comes from the future', async () => {
    signed.clock.set(START_MS - 3_600_000);
    await expect(assemble(idAt(1))).rejects.toThrow('does not verify');
  });
});
