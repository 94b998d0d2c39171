/** Rounds over real sockets: growth reaches every witness, a bad one holds up nobody, and a package carries what they signed. */
import { proveInclusion } from '@kapsel/tree';
import { hexFromBytes, parseWitnessPolicy, verifyProofPackage } from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startHeadSigner } from '../../src/attestation/head-signer.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import type { HeadConflict } from '../../src/attestation/published-head.ts';
import { tileReader } from '../../src/attestation/tile-store.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { CosignResult } from '../../src/witnesses/cosign.ts';
import { startWitnesses, type WitnessDeps, type Witnesses } from '../../src/witnesses/rounds.ts';
import { findNewestWitnessedHead } from '../../src/witnesses/store.ts';
import { type Bench, makeLog, openBench, ringOf } from '../support/log-bench.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';
import { openWitness, sizeConflict, type TestWitness } from '../support/witness.ts';
import { policyText, witnessingOf } from '../support/witness-policy.ts';

let bench: Bench;
let signed: SignedLog;
let witnesses: TestWitness[];
let running: { stop(): Promise<void> }[];
let results: { witness: string; result: CosignResult }[];
let alarms: HeadConflict[];
let errors: unknown[];
beforeEach(async () => {
  bench = await openBench();
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  witnesses = await Promise.all(['a', 'b', 'c'].map((name) => openWitness(`${name}.example`)));
  for (const witness of witnesses) witness.trust(signed.log.origin, signed.signer.publicKey);
  [running, results, alarms, errors] = [[], [], [], []];
});
afterEach(async () => {
  for (const each of running) await each.stop();
  for (const witness of witnesses) await witness.close();
  await bench.close();
});

async function start(change: Partial<WitnessDeps> = {}): Promise<Witnesses> {
  const started = await startWitnesses({
    pool: bench.pool,
    clock: systemClock,
    random: () => 0,
    witnessing: witnessingOf(witnesses, 2),
    intervalMs: 50,
    timeoutMs: 2_000,
    onResult: (_log, witness, result) => results.push({ witness, result }),
    onAlarm: (_log, conflict) => alarms.push(conflict),
    onError: (error) => errors.push(error),
    ...change,
  });
  running.push(started);
  return started;
}

async function headAfter(count: number): Promise<TreeHead> {
  await growLog(signed, count);
  return headOf(signed);
}

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { interval: 10, timeout: 10_000 });

const sizes = (): (number | undefined)[] =>
  witnesses.map(({ trees }) => trees.get(signed.log.origin)?.size);

async function newestLines(): Promise<number> {
  return (await findNewestHead(bench.pool, signed.log.id))?.cosignatures.length ?? 0;
}

/** What came of the requests to one witness, without those that were not needed. */
const kindsOf = (name: string): string[] =>
  results
    .filter(({ witness, result }) => witness === name && result.kind !== 'overtaken')
    .map(({ result }) => result.kind);

describe('rounds', () => {
  it('send each head of a larger tree to every witness, and keep all lines', async () => {
    await headAfter(2);
    await start();
    await until(async () => expect([sizes(), await newestLines()]).toEqual([[2, 2, 2], 3]));
    await headAfter(300);
    await until(async () => expect([sizes(), await newestLines()]).toEqual([[302, 302, 302], 3]));
    expect([errors, alarms]).toEqual([[], []]);
  });

  it('send nothing when the tree has not grown', async () => {
    await headAfter(2);
    await start();
    await until(async () => expect(await newestLines()).toBe(3));
    const before = results.length;
    await headOf(signed);
    await until(() => expect(results.length).toBeGreaterThan(before + 6));
    expect(witnesses.map(({ submissions }) => submissions.length)).toEqual([1, 1, 1]);
  });

  it('go on with the others while one hangs, and heads are signed meanwhile', async () => {
    const [, , hanging] = witnesses as [TestWitness, TestWitness, TestWitness];
    hanging.misbehave = ({ path }) =>
      path === '/add-checkpoint' ? new Promise(() => undefined) : null;
    const heads: TreeHead[] = [];
    const signer = await startHeadSigner({
      pool: bench.pool,
      clock: systemClock,
      ring: ringOf(signed.signer),
      published: memoryHeads(),
      pace: { growingMs: 0, idleMs: 3_600_000 },
      tickMs: 10,
      onHead: (_log, head) => heads.push(head),
      onRefused: (_log, error) => errors.push(error),
      onError: (_log, error) => errors.push(error),
    });
    running.push(signer);
    await start({ timeoutMs: 60_000 });
    for (let i = 1; i <= 3; i += 1) {
      await growLog(signed, 1);
      await until(() => expect(heads.at(-1)?.treeSize).toBe(i));
      await until(() => expect(sizes()).toEqual([i, i, undefined]));
    }
    expect(hanging.submissions).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('do not send a refused head again, and send the next one later', async () => {
    const [refusing] = witnesses as [TestWitness];
    refusing.misbehave = ({ path }) => (path === '/add-checkpoint' ? { status: 403 } : null);
    await headAfter(1);
    await start();
    await until(async () => expect(await newestLines()).toBe(2));
    const before = results.length;
    await until(() => expect(results.length).toBeGreaterThan(before + 6));
    expect(kindsOf('w0')).toEqual(['refused']);
    refusing.misbehave = () => null;
    await headAfter(1);
    await until(() => expect(sizes()).toEqual([2, 2, 2]));
  });

  it('try again when a witness was away', async () => {
    const [away] = witnesses as [TestWitness];
    away.misbehave = () => new Promise(() => undefined);
    await headAfter(1);
    await start({ timeoutMs: 100 });
    await until(() => expect(kindsOf('w0')).toContain('unreachable'));
    away.misbehave = () => null;
    await until(() => expect(sizes()).toEqual([1, 1, 1]));
  });

  it('raise an alarm over a witness that is ahead', async () => {
    await headAfter(3);
    const [ahead] = witnesses as [TestWitness];
    ahead.misbehave = ({ path }) => (path === '/add-checkpoint' ? sizeConflict(90) : null);
    await start();
    await until(() => expect(alarms).toMatchObject([{ kind: 'behind' }]));
    await until(async () => expect(await newestLines()).toBe(2));
  });

  it('by two processes give one set of lines', async () => {
    await start();
    await start();
    for (let i = 1; i <= 4; i += 1) {
      await headAfter(1);
      await until(async () => expect([sizes(), await newestLines()]).toEqual([[i, i, i], 3]));
    }
    expect([errors, alarms]).toEqual([[], []]);
    expect(new Set(results.map(({ result }) => result.kind))).toEqual(
      new Set(['cosigned', 'overtaken']),
    );
  });

  it('leave out a log that is not public', async () => {
    await bench.pool.query('UPDATE logs SET is_public = false WHERE id = $1', [signed.log.id]);
    const other = await signLog(bench.pool, await makeLog(bench.pool));
    for (const witness of witnesses) witness.trust(other.log.origin, other.signer.publicKey);
    await headAfter(1);
    await growLog(other, 1);
    await headOf(other);
    await start();
    await until(() =>
      expect(witnesses.every(({ trees }) => trees.has(other.log.origin))).toBe(true),
    );
    expect(sizes()).toEqual([undefined, undefined, undefined]);
  });

  it('end at once, with what is in flight', async () => {
    for (const witness of witnesses) {
      witness.misbehave = ({ path }) =>
        path === '/add-checkpoint' ? new Promise(() => undefined) : null;
    }
    await headAfter(1);
    const rounds = await start({ timeoutMs: 60_000 });
    await until(() =>
      expect(witnesses.every(({ submissions }) => submissions.length === 1)).toBe(true),
    );
    await rounds.stop();
    expect(results).toEqual([]);
  });
});

describe('startWitnesses', () => {
  it('refuses a database that is behind what a witness cosigned', async () => {
    await headAfter(5);
    await start();
    await until(() => expect(sizes()).toEqual([5, 5, 5]));
    await running[0]?.stop();
    const tree = [new Uint8Array(32).fill(1)];
    await bench.pool.query('UPDATE logs SET tree_size = 4, right_edge = $2 WHERE id = $1', [
      signed.log.id,
      Buffer.concat(tree),
    ]);
    await expect(start()).rejects.toMatchObject({ name: 'HeadConflict', kind: 'behind' });
  });

  it('starts when no witness answers', async () => {
    for (const witness of witnesses) await witness.close();
    await start();
    expect(kindsOf('w0')).toContain('unreachable');
  });
});

describe('a package under the newest witnessed head', () => {
  it('fulfils a policy that wants two witnesses, and not one that wants three', async () => {
    const [, , silent] = witnesses as [TestWitness, TestWitness, TestWitness];
    silent.misbehave = () => ({ status: 503 });
    const leaves = await growLog(signed, 3);
    await headOf(signed);
    await start();
    const { policy } = witnessingOf(witnesses, 2);
    let head: TreeHead | null = null;
    await until(async () => {
      head = await findNewestWitnessedHead(bench.pool, signed.log.id, policy);
      expect(head).not.toBeNull();
    });
    await headAfter(4); // what has grown since does not matter
    const text = await packageText(head as unknown as TreeHead, leaves[1]?.leaf.data ?? '', 1);
    const keys = [{ publicKey: signed.signer.publicKey, name: null }];
    const verdict = (quorum: number) => {
      const trust = { keys, policy: parseWitnessPolicy(policyText(witnesses, quorum)) };
      const { checks, ...report } = verifyProofPackage(text, trust, {
        nowMs: systemClock.nowMs(),
      });
      return [report.verdict, checks.find(({ id }) => id === 'policy')?.code];
    };
    expect(verdict(2)).toEqual(['verified', undefined]);
    expect(verdict(3)).toEqual(['untrusted', 'E_POLICY']);
  });

  async function packageText(head: TreeHead, leafData: string, index: number): Promise<string> {
    const path = await proveInclusion(tileReader(bench.pool, signed.log.id), index, head.treeSize);
    const { rows } = await bench.pool.query<{ hash: Buffer; attempt: string }>(
      `SELECT leaf_hash AS hash, delivery_attempt_id AS attempt
         FROM merkle_leaves WHERE log_id = $1 AND leaf_index = $2`,
      [signed.log.id, index],
    );
    const leafHash = hexFromBytes(rows[0]?.hash ?? new Uint8Array());
    return JSON.stringify({
      format: 'kapsel.proof/v1',
      delivery_attempt_id: rows[0]?.attempt,
      leaf_data: leafData,
      leaf_hash: leafHash,
      inclusion_proof: {
        leaf_hash: leafHash,
        leaf_index: index,
        tree_size: head.treeSize,
        proof_hashes: path.map(hexFromBytes),
        root_hash: hexFromBytes(head.rootHash),
      },
      signed_tree_head: encodeTreeHeadJson(head),
    });
  }
});
