/** Stored cosignatures: lines of one size, and the newest head that enough witnesses signed. */
import { parseWitnessPolicy, verifyCosignatures } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findHeadBySize } from '../../src/attestation/head-store.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { linesFromAnswer } from '../../src/witnesses/exchange.ts';
import {
  findCosignedSize,
  findNewestWitnessedHead,
  insertCosignature,
} from '../../src/witnesses/store.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';
import { openWitness, type TestWitness } from '../support/witness.ts';
import { policyText, witnessingOf } from '../support/witness-policy.ts';

let bench: Bench;
let signed: SignedLog;
let witnesses: TestWitness[];
beforeAll(async () => {
  bench = await openBench();
  witnesses = await Promise.all(['a', 'b', 'c'].map((name) => openWitness(`${name}.example`)));
});
beforeEach(async () => {
  signed = await signLog(bench.pool, await makeLog(bench.pool));
});
afterAll(async () => {
  for (const witness of witnesses) await witness.close();
  await bench.close();
});

async function headAfter(count: number): Promise<TreeHead> {
  await growLog(signed, count);
  return headOf(signed);
}

/** Stores the lines of these witnesses, by their place in the list. */
async function store(head: TreeHead, ...signers: number[]): Promise<void> {
  const text = head.checkpoint.slice(0, head.checkpoint.indexOf('\n\n') + 1);
  const lines = signers.map((i) => witnesses[i]?.lineOn(text)).join('');
  const all = witnessingOf(witnesses, 1).witnesses;
  for (const line of linesFromAnswer(head.checkpoint, lines, all).cosigned) {
    await insertCosignature(bench.pool, signed.log.id, head.treeSize, line);
  }
}

const newest = async (quorum: number): Promise<number | null> => {
  const { policy } = witnessingOf(witnesses, quorum);
  const head = await findNewestWitnessedHead(bench.pool, signed.log.id, policy);
  return head?.treeSize ?? null;
};

describe('a stored cosignature', () => {
  it('becomes a line of each head of its size, and of no other', async () => {
    const [three, seven] = [await headAfter(3), await headAfter(4)];
    signed.clock.advance(1_000);
    const again = await headOf(signed);
    await store(seven, 1, 0);
    const keys = witnessingOf(witnesses, 1).witnesses.map(({ key }) => key);
    const found = await findHeadBySize(bench.pool, signed.log.id, seven.treeSize);
    expect(found?.id).toBe(again.id);
    if (found === null) throw new TypeError('no head');
    const { checkpoint } = encodeTreeHeadJson(found);
    expect(verifyCosignatures(checkpoint, keys).map(({ witness }) => witness.name)).toEqual([
      'a.example',
      'b.example',
    ]);
    const small = await findHeadBySize(bench.pool, signed.log.id, three.treeSize);
    expect(small?.cosignatures).toEqual([]);
  });

  it('is kept once a witness and size, the first that came', async () => {
    const head = await headAfter(3);
    await store(head, 0);
    const first = await findHeadBySize(bench.pool, signed.log.id, 3);
    await store(head, 0);
    const second = await findHeadBySize(bench.pool, signed.log.id, 3);
    expect(second?.cosignatures).toEqual(first?.cosignatures);
    expect(second?.cosignatures).toHaveLength(1);
  });
});

describe('findCosignedSize', () => {
  it('is the largest size of that witness and log, or 0', async () => {
    const size = (i: number) =>
      findCosignedSize(bench.pool, signed.log.id, witnesses[i]?.publicKey ?? new Uint8Array());
    expect(await size(0)).toBe(0);
    const [three, seven] = [await headAfter(3), await headAfter(4)];
    await store(seven, 0);
    await store(three, 0, 1);
    expect([await size(0), await size(1), await size(2)]).toEqual([7, 3, 0]);
  });
});

describe('findNewestWitnessedHead', () => {
  it('is the newest head that the quorum signed', async () => {
    expect(await newest(1)).toBeNull();
    const [one, two, three] = [await headAfter(1), await headAfter(1), await headAfter(1)];
    await headAfter(1);
    await store(one, 0, 1, 2);
    await store(two, 0, 2);
    await store(three, 1);
    expect([await newest(1), await newest(2), await newest(3)]).toEqual([3, 2, 1]);
  });

  it('counts no witness that the policy does not name', async () => {
    await store(await headAfter(1), 0, 1);
    const policy = parseWitnessPolicy(policyText(witnesses.slice(1), 1));
    const two = parseWitnessPolicy(policyText(witnesses.slice(1), 2));
    const { id } = signed.log;
    expect(await findNewestWitnessedHead(bench.pool, id, policy)).toMatchObject({ treeSize: 1 });
    expect(await findNewestWitnessedHead(bench.pool, id, two)).toBeNull();
  });

  it('with no quorum takes a head that any of them signed', async () => {
    const text = policyText(witnesses, 2).replace('quorum enough', 'quorum none');
    const policy = parseWitnessPolicy(text);
    await headAfter(1);
    expect(await findNewestWitnessedHead(bench.pool, signed.log.id, policy)).toBeNull();
    await store(await headAfter(1), 2);
    await headAfter(1);
    const found = await findNewestWitnessedHead(bench.pool, signed.log.id, policy);
    expect(found?.treeSize).toBe(2);
    expect(found?.cosignatures).toHaveLength(1);
  });

  it('looks past many sizes that too few signed', async () => {
    const first = await headAfter(1);
    await store(first, 0, 1);
    for (let i = 0; i < 70; i += 1) {
      const { checkpoint } = first;
      const [line] = linesFromAnswer(
        checkpoint,
        witnesses[0]?.lineOn(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1)) ?? '',
        witnessingOf(witnesses, 1).witnesses,
      ).cosigned;
      if (line === undefined) throw new TypeError('no line');
      await insertCosignature(bench.pool, signed.log.id, 2 + i, line);
    }
    expect(await newest(2)).toBe(1);
  });
});
