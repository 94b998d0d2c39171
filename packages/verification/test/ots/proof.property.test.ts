/** 5,000 changed and cut proofs: each is read or refused, soon; none that was cut is taken, and what is taken has one form. @module */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VerificationError } from '../../src/errors.ts';
import { bitcoinMainnet } from '../../src/ots/mainnet.ts';
import { encodeOtsProof, type OtsProof, parseOtsProof } from '../../src/ots/proof.ts';
import { verifyAnchor } from '../../src/ots/verify-anchor.ts';

const CASES = 5_000;
const EXAMPLE = Buffer.from(
  '004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e892940108ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adf0010108ff000588960d73d7190102ac020083dfe30d2ef90c8e141368747470733a2f2f63616c2e6578616d706c65',
  'hex',
);
const HELLO = readFileSync(
  new URL('../../../../fixtures/ots/hello-world.txt.ots', import.meta.url),
);
const TELLING = [0x00, 0xff, 0xf0, 0xf1, 0xf2, 0xf3, 0x08, 0x02, 0x03, 0x67, 0x80, 0x7f];

/** Numbers that come again: mulberry32. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function readOrRefuse(bytes: Uint8Array): OtsProof | null {
  try {
    return parseOtsProof(bytes);
  } catch (error) {
    if (error instanceof VerificationError && error.code === 'E_FIELD') return null;
    throw error;
  }
}

function changed(whole: Uint8Array, random: () => number): Uint8Array {
  const place = (): number => Math.floor(random() * whole.length);
  const bytes = [...whole];
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    const at = place();
    const telling = TELLING[Math.floor(random() * TELLING.length)] ?? 0;
    const kind = Math.floor(random() * 5);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    else if (kind === 1) bytes[at] = telling;
    else if (kind === 2) bytes.splice(at, 0, telling);
    else if (kind === 3) bytes.splice(at, 1 + Math.floor(random() * 8));
    else bytes.splice(at, 0, ...bytes.slice(place(), place()));
  }
  return Uint8Array.from(bytes);
}

it('holds for 5,000 of them', { timeout: 60_000 }, () => {
  const random = numbersFrom(358_391);
  const stamped = new Uint8Array(13);
  const evidence = { chain: bitcoinMainnet(), headers: [] };
  let taken = 0;
  let slowestMs = 0;
  for (let i = 0; i < CASES; i++) {
    const whole = i % 2 === 0 ? EXAMPLE : HELLO;
    const isCut = i % 5 === 0;
    const bytes = isCut
      ? new Uint8Array(whole.subarray(0, Math.floor(random() * whole.length)))
      : changed(whole, random);
    const startMs = performance.now();
    const proof = readOrRefuse(bytes);
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    if (proof === null) continue;
    expect(isCut).toBe(false);
    taken += 1;
    const written = encodeOtsProof(proof);
    expect(encodeOtsProof(parseOtsProof(written))).toEqual(written);
    // Nobody gave a header, so nothing that chance makes is ever confirmed.
    expect(verifyAnchor(proof, stamped, evidence).state).not.toBe('confirmed');
    // Cut once more: the end of what was taken is needed too.
    expect(readOrRefuse(written.subarray(0, written.length - 1))).toBeNull();
  }
  expect(taken).toBeGreaterThan(CASES / 10);
  expect(slowestMs).toBeLessThan(2_000);
});
