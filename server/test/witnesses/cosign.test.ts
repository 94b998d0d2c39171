/** One head and one witness over real sockets: what is stored, what is reported, and what is an alarm. */
import { rootFromTiles } from '@kapsel/tree';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { tileReader } from '../../src/attestation/tile-store.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import {
  type AskedWitness,
  type CosignDeps,
  compareWithWitness,
  cosign,
} from '../../src/witnesses/cosign.ts';
import { createWitnessClient } from '../../src/witnesses/witness-client.ts';
import { type Bench, makeLog, makeSigner, openBench } from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';
import { openWitness, sizeConflict, type TestWitness } from '../support/witness.ts';
import { askedOf, witnessingOf } from '../support/witness-policy.ts';

let bench: Bench;
let signed: SignedLog;
let witness: TestWitness;
let asked: AskedWitness;
let deps: CosignDeps;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  signed = await signLog(bench.pool, await makeLog(bench.pool));
  witness = await openWitness('anna.example/w');
  witness.trust(signed.log.origin, signed.signer.publicKey);
  asked = askedOf(witness);
  deps = { pool: bench.pool, client: createWitnessClient(2_000), witnesses: [asked] };
});
afterEach(async () => {
  await deps.client.close();
  await witness.close();
});
afterAll(() => bench.close());

async function headAfter(count: number): Promise<TreeHead> {
  await growLog(signed, count);
  return headOf(signed);
}

const send = (head: TreeHead) => cosign(deps, signed.log, head, asked);
const oldSizes = (): string[] => witness.submissions.map((body) => body.split('\n')[0] ?? '');
const linesOf = async (): Promise<readonly string[]> =>
  (await findNewestHead(bench.pool, signed.log.id))?.cosignatures ?? [];

describe('cosign', () => {
  it('begins with old 0 and goes on with proofs from the size that was cosigned', async () => {
    for (const count of [1, 2, 5, 300, 1]) {
      expect(await send(await headAfter(count))).toEqual({ kind: 'cosigned', bad: [] });
      expect(await linesOf()).toHaveLength(1);
    }
    expect(oldSizes()).toEqual(['old 0', 'old 1', 'old 3', 'old 8', 'old 308']);
    expect(witness.trees.get(signed.log.origin)?.size).toBe(309);
  });

  it('sends the note that the log alone signed, and joins the line to it afterwards', async () => {
    const head = await headAfter(3);
    await send(head);
    expect(witness.submissions[0]).toBe(`old 0\n\n${head.checkpoint}`);
    const stored = await findNewestHead(bench.pool, signed.log.id);
    expect(stored?.checkpoint).toBe(head.checkpoint);
    expect(witness.trees.get(signed.log.origin)?.note).toBe(
      `${head.checkpoint}${stored?.cosignatures.join('')}`,
    );
  });

  it('asks nobody for what is cosigned already', async () => {
    const [three, head] = [await headAfter(3), await headAfter(1)];
    await send(head);
    expect(await send(head)).toEqual({ kind: 'overtaken' });
    expect(await send(three)).toEqual({ kind: 'overtaken' });
    expect(witness.submissions).toHaveLength(1);
  });

  it('proves from the size that the witness names when our memory of it is lost', async () => {
    await send(await headAfter(5));
    const head = await headAfter(6);
    await bench.pool.query('DELETE FROM cosignatures WHERE log_id = $1', [signed.log.id]);
    expect(await send(head)).toEqual({ kind: 'cosigned', bad: [] });
    expect(oldSizes()).toEqual(['old 0', 'old 0', 'old 5']);
  });

  it('gets a line again that was lost after the witness had signed', async () => {
    const head = await headAfter(5);
    await send(head);
    await bench.pool.query('DELETE FROM cosignatures WHERE log_id = $1', [signed.log.id]);
    expect(await send(head)).toEqual({ kind: 'cosigned', bad: [] });
    expect(oldSizes()).toEqual(['old 0', 'old 0', 'old 5']);
    expect(await linesOf()).toHaveLength(1);
  });

  it('starts again with a witness that lost its state', async () => {
    await send(await headAfter(5));
    witness.trees.clear();
    expect(await send(await headAfter(2))).toEqual({ kind: 'cosigned', bad: [] });
    expect(oldSizes()).toEqual(['old 0', 'old 5', 'old 0']);
  });

  it('leaves a head that another process has overtaken', async () => {
    const small = await headAfter(3);
    const large = await headAfter(4);
    witness.misbehave = () => sizeConflict(large.treeSize);
    expect(await send(small)).toEqual({ kind: 'overtaken' });
    expect(witness.submissions).toHaveLength(1);
  });

  it('retries once, however often the witness changes its mind', async () => {
    const head = await headAfter(9);
    let size = 0;
    witness.misbehave = () => {
      size += 1;
      return sizeConflict(size);
    };
    expect(await send(head)).toEqual({ kind: 'overtaken' });
    expect(oldSizes()).toEqual(['old 0', 'old 1']);
  });

  it('raises an alarm when the witness has seen more than the database has', async () => {
    const head = await headAfter(5);
    for (const size of [6, '9223372036854775807']) {
      witness.misbehave = () => sizeConflict(size);
      expect(await send(head)).toMatchObject({ kind: 'alarm', conflict: { kind: 'behind' } });
    }
    expect(await linesOf()).toEqual([]);
  });

  it('reports a witness that holds another root of the same size', async () => {
    const head = await headAfter(5);
    await send(head);
    await bench.pool.query('DELETE FROM cosignatures WHERE log_id = $1', [signed.log.id]);
    const tree = witness.trees.get(signed.log.origin);
    if (tree === undefined) throw new TypeError('no tree');
    witness.trees.set(signed.log.origin, { ...tree, rootHash: new Uint8Array(32) });
    expect(await send(head)).toEqual({ kind: 'conflict' });
    witness.misbehave = () => ({ status: 409 });
    expect(await send(head)).toEqual({ kind: 'conflict' });
  });

  it('reports a conflict over a size that both agree with', async () => {
    witness.misbehave = () => sizeConflict(0);
    expect(await send(await headAfter(5))).toMatchObject({ kind: 'invalid' });
    expect(witness.submissions).toHaveLength(1);
  });

  it('reports what the witness refuses: an unknown log, a wrong key, a proof', async () => {
    const head = await headAfter(5);
    witness.trust(signed.log.origin, makeSigner().publicKey);
    expect(await send(head)).toEqual({ kind: 'refused', status: 403 });
    const other = await signLog(bench.pool, await makeLog(bench.pool));
    await growLog(other, 1);
    const unknown = await cosign(deps, other.log, await headOf(other), asked);
    expect(unknown).toEqual({ kind: 'refused', status: 404 });
    witness.trust(signed.log.origin, signed.signer.publicKey);
    const tree = { size: 3, rootHash: new Uint8Array(32), note: '' };
    witness.trees.set(signed.log.origin, tree);
    expect(await send(head)).toEqual({ kind: 'refused', status: 422 });
    expect(await linesOf()).toEqual([]);
  });

  it('sends no proof that does not hold', async () => {
    const head = await headAfter(5);
    await send(head);
    const next = await headAfter(5);
    const forged = { ...next, rootHash: new Uint8Array(32) };
    await expect(send(forged)).rejects.toMatchObject({ code: 'E_CONSISTENCY' });
    expect(witness.submissions).toHaveLength(1);
  });
});

describe('an answer that does not hold', () => {
  const stored = async (): Promise<number> => (await linesOf()).length;

  it('is kept out: a signature of something else', async () => {
    const head = await headAfter(4);
    witness.misbehave = () => ({ status: 200, body: witness.lineOn('something else\n') });
    expect(await send(head)).toMatchObject({ kind: 'invalid' });
    expect(await stored()).toBe(0);
  });

  it('is kept out: a key that nobody configured', async () => {
    const head = await headAfter(4);
    const stranger = await openWitness('anna.example/w'); // the same name, another key
    const text = head.checkpoint.slice(0, head.checkpoint.indexOf('\n\n') + 1);
    witness.misbehave = () => ({ status: 200, body: stranger.lineOn(text) });
    expect(await send(head)).toMatchObject({ kind: 'invalid' });
    expect(await stored()).toBe(0);
    await stranger.close();
  });

  it('is kept out: garbage', async () => {
    const head = await headAfter(4);
    for (const body of ['', 'ok\n', '<html></html>', '\u2014 x\n']) {
      witness.misbehave = () => ({ status: 200, body });
      expect(await send(head)).toMatchObject({ kind: 'invalid' });
    }
    expect(await stored()).toBe(0);
  });

  it('counts a line once that came three times, and keeps what other witnesses signed', async () => {
    const other = await openWitness('bela.example');
    deps = { ...deps, witnesses: witnessingOf([witness, other], 1).witnesses };
    const head = await headAfter(4);
    const text = head.checkpoint.slice(0, head.checkpoint.indexOf('\n\n') + 1);
    const line = witness.lineOn(text);
    witness.misbehave = () => ({ status: 200, body: line + line + other.lineOn(text) + line });
    expect(await send(head)).toEqual({ kind: 'cosigned', bad: [] });
    expect(await stored()).toBe(2);
    await other.close();
  });

  it('keeps the good line and names the witness of the bad one', async () => {
    const head = await headAfter(4);
    const text = head.checkpoint.slice(0, head.checkpoint.indexOf('\n\n') + 1);
    witness.misbehave = () => ({
      status: 200,
      body: witness.lineOn('something else\n') + witness.lineOn(text),
    });
    expect(await send(head)).toEqual({ kind: 'cosigned', bad: [asked.name] });
    expect(await stored()).toBe(1);
  });
});

describe('compareWithWitness', () => {
  const compare = () => compareWithWitness(deps, signed.log, asked);

  it('is content with a witness that knows nothing, or what the database has', async () => {
    expect(await compare()).toBeNull();
    await send(await headAfter(4));
    expect(await compare()).toBeNull();
    await headAfter(7);
    expect(await compare()).toBeNull();
  });

  /** What the witness would have cosigned before the database was set back. */
  async function witnessSaw(treeSize: number, rootHash: Uint8Array): Promise<void> {
    const { origin } = signed.log;
    const made = { origin, signer: signed.signer, treeSize, rootHash, timestampMs: 1 };
    const { checkpoint } = await makeHead(made);
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
    const note = `${checkpoint}${witness.lineOn(text)}`;
    witness.trees.set(origin, { size: treeSize, rootHash, note });
  }

  it('raises an alarm over a larger tree, and over another root', async () => {
    await headAfter(4);
    await witnessSaw(5, new Uint8Array(32));
    expect(await compare()).toMatchObject({ kind: 'alarm', conflict: { kind: 'behind' } });
    await witnessSaw(3, new Uint8Array(32));
    expect(await compare()).toMatchObject({ kind: 'alarm', conflict: { kind: 'forked' } });
    const root = await rootFromTiles(tileReader(bench.pool, signed.log.id), 3);
    await witnessSaw(3, root);
    expect(await compare()).toBeNull();
  });

  it('believes no note that the witness did not cosign, and none of another log', async () => {
    await headAfter(4);
    const other = await openWitness('other.example');
    await witnessSaw(50, new Uint8Array(32));
    const tree = witness.trees.get(signed.log.origin);
    if (tree === undefined) throw new TypeError('no tree');
    const text = tree.note.slice(0, tree.note.indexOf('\n\n') + 1);
    for (const note of [
      `${text}\n${other.lineOn(text)}`,
      'garbage',
      tree.note.replace('\n50\n', '\n60\n'),
      `x${text}\n${witness.lineOn(`x${text}`)}`,
    ]) {
      witness.trees.set(signed.log.origin, { ...tree, note });
      expect(await compare()).toMatchObject({ kind: 'invalid' });
    }
    await other.close();
  });

  it('reports a witness that is away or refuses', async () => {
    witness.misbehave = () => ({ status: 500 });
    expect(await compare()).toEqual({ kind: 'refused', status: 500 });
    await witness.close();
    expect(await compare()).toMatchObject({ kind: 'unreachable' });
  });
});
