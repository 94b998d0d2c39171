/** The memory of heads: equal in every member or another head, bounded, and out of reach of later changes. @module */
import { describe, expect, it } from 'vitest';
import { HeadMemory } from '../src/head-memory.ts';
import { parseTreeHead, type TreeHead } from '../src/tree-head.ts';
import { makeHead } from './make-package.ts';

const ROOT = new Uint8Array(32).fill(7);

function headOf(timestampMs: number): TreeHead {
  return parseTreeHead(JSON.stringify(makeHead(8, ROOT, { timestampMs })));
}

const HEAD = headOf(1_000);

function changed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1;
  return copy;
}

describe('the memory of heads', () => {
  it('knows an equal head, though it is another object', () => {
    const memory = new HeadMemory();
    expect(memory.has(HEAD)).toBe(false);
    memory.add(HEAD);
    expect(memory.has(headOf(1_000))).toBe(true);
  });

  it.each([
    ['treeSize', { ...HEAD, treeSize: 9 }],
    ['rootHash', { ...HEAD, rootHash: changed(HEAD.rootHash) }],
    ['timestampMs', { ...HEAD, timestampMs: 1_001 }],
    ['signature', { ...HEAD, signature: changed(HEAD.signature) }],
    ['publicKey', { ...HEAD, publicKey: changed(HEAD.publicKey) }],
    ['sthId', { ...HEAD, sthId: '018d2f1e-3b5c-7a10-8f00-0000000000fe' }],
    ['log', { ...HEAD, log: 'log.kapsel.example/t2' }],
    ['checkpoint', { ...HEAD, checkpoint: `${HEAD.checkpoint}\n` }],
    ['checkpoint, which is absent', { ...HEAD, checkpoint: null }],
  ] as const)('takes a head with another %s for another head', (_, other) => {
    const memory = new HeadMemory();
    memory.add(HEAD);
    expect(memory.has(other)).toBe(false);
    memory.add(other);
    expect(memory.has(other)).toBe(true);
    expect(memory.has(HEAD)).toBe(true);
  });

  it('compares every member that a head has', () => {
    expect(Object.keys(HEAD).sort()).toEqual([
      'checkpoint',
      'log',
      'publicKey',
      'rootHash',
      'signature',
      'sthId',
      'timestampMs',
      'treeSize',
    ]);
  });

  it('keeps copies, so that bytes changed later are not what passed', () => {
    for (const member of ['rootHash', 'signature', 'publicKey'] as const) {
      const memory = new HeadMemory();
      const head = headOf(1_000);
      memory.add(head);
      head[member][0] = (head[member][0] as number) ^ 1;
      expect(memory.has(head)).toBe(false);
      expect(memory.has(HEAD)).toBe(true);
    }
  });

  it('keeps 16 heads and forgets the oldest', () => {
    const memory = new HeadMemory();
    const heads = Array.from({ length: 17 }, (_, i) => headOf(1_000 + i));
    for (const head of heads.slice(0, 16)) memory.add(head);
    expect(heads.map((head) => memory.has(head))).toEqual([...Array(16).fill(true), false]);
    memory.add(heads[16] as TreeHead);
    expect(heads.map((head) => memory.has(head))).toEqual([false, ...Array(16).fill(true)]);
  });
});
