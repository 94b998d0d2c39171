/** The memory of heads: equal in every member or another head, bounded, and out of reach of later changes. @module */
import { describe, expect, it } from 'vitest';
import { type HeadMemory, verifyOnce } from '../src/head-memory.ts';
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

/** Whether the check is left out, because this head passed before; it passes now. */
function isKnown(memory: HeadMemory, head: TreeHead): boolean {
  let isKnown = true;
  verifyOnce(memory, head, () => {
    isKnown = false;
  });
  return isKnown;
}

describe('the memory of heads', () => {
  it('knows an equal head, though it is another object', () => {
    const memory: HeadMemory = new Map();
    expect(isKnown(memory, HEAD)).toBe(false);
    expect(isKnown(memory, headOf(1_000))).toBe(true);
  });

  it('knows no head that was refused', () => {
    const memory: HeadMemory = new Map();
    const refuse = (): never => {
      throw new RangeError('refused');
    };
    expect(() => verifyOnce(memory, HEAD, refuse)).toThrow('refused');
    expect(() => verifyOnce(memory, HEAD, refuse)).toThrow('refused');
    expect(isKnown(memory, HEAD)).toBe(false);
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
    const memory: HeadMemory = new Map();
    expect(isKnown(memory, HEAD)).toBe(false);
    expect(isKnown(memory, other)).toBe(false);
    expect(isKnown(memory, other)).toBe(true);
    expect(isKnown(memory, HEAD)).toBe(true);
  });

  it('keeps what passed, so that bytes changed later are another head', () => {
    for (const member of ['rootHash', 'signature', 'publicKey'] as const) {
      const memory: HeadMemory = new Map();
      const head = headOf(1_000);
      expect(isKnown(memory, head)).toBe(false);
      head[member][0] = (head[member][0] as number) ^ 1;
      expect(isKnown(memory, head)).toBe(false);
      expect(isKnown(memory, HEAD)).toBe(true);
    }
  });

  it('keeps 16 heads and forgets the oldest', () => {
    const memory: HeadMemory = new Map();
    const heads = Array.from({ length: 17 }, (_, i) => headOf(1_000 + i));
    for (const head of heads.slice(0, 16)) isKnown(memory, head);
    expect(heads.slice(0, 16).map((head) => isKnown(memory, head))).toEqual(Array(16).fill(true));
    expect(isKnown(memory, heads[16] as TreeHead)).toBe(false);
    expect(heads.slice(1).map((head) => isKnown(memory, head))).toEqual(Array(16).fill(true));
    expect(isKnown(memory, heads[0] as TreeHead)).toBe(false);
  });
});
