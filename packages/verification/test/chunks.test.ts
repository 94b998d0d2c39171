/** Streams: what was looked at comes again, and nobody reads on for nothing. @module */
import { describe, expect, it } from 'vitest';
import { type Chunks, collectBytes, peek } from '../src/chunks.ts';
import { piecesOf } from './node-unpackers.ts';

/** Pieces of one byte, and how many of them were asked for. */
function counted(text: string): { chunks: Chunks; asked: () => number; isClosed: () => boolean } {
  let asked = 0;
  let isClosed = false;
  async function* chunks(): Chunks {
    try {
      for (const byte of new TextEncoder().encode(text)) {
        asked++;
        yield Uint8Array.of(byte);
      }
    } finally {
      isClosed = true;
    }
  }
  return { chunks: chunks(), asked: () => asked, isClosed: () => isClosed };
}

async function textOf(chunks: Chunks): Promise<string> {
  return Buffer.from((await collectBytes(chunks, 1_000)) ?? []).toString();
}

describe('peek', () => {
  it('reads until it is enough, and gives everything again', async () => {
    const { chunks, asked } = counted('abcdef');
    const peeked = await peek(chunks, (head) => head.length >= 3);
    expect(asked()).toBe(3);
    expect(Buffer.from(peeked.head).toString()).toBe('abc');
    expect(await textOf(peeked.chunks)).toBe('abcdef');
  });

  it('is content with a stream that ends sooner', async () => {
    const peeked = await peek(piecesOf('ab'), () => false);
    expect(Buffer.from(peeked.head).toString()).toBe('ab');
    expect(await textOf(peeked.chunks)).toBe('ab');
    expect(await textOf((await peek(piecesOf(), () => false)).chunks)).toBe('');
  });

  it('ends the source when the rest is not wanted', async () => {
    const first = counted('abcdef');
    await (await peek(first.chunks, (head) => head.length > 0)).close();
    expect([first.asked(), first.isClosed()]).toEqual([1, true]);
    const second = counted('abcdef');
    const peeked = await peek(second.chunks, (head) => head.length > 0);
    for await (const _ of peeked.chunks) break;
    expect([second.asked(), second.isClosed()]).toEqual([1, true]);
  });
});

describe('collectBytes', () => {
  it('gives all bytes up to the limit, and stops at the first one above it', async () => {
    expect(await collectBytes(piecesOf('ab', 'cd'), 4)).toEqual(new TextEncoder().encode('abcd'));
    const longer = counted('abcdef');
    expect(await collectBytes(longer.chunks, 4)).toBeNull();
    expect([longer.asked(), longer.isClosed()]).toEqual([5, true]);
  });
});
