/** Operations: each result is what other implementations calculate. @module */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { applyOtsOperation } from '../../src/ots/operation.ts';
import { hex, utf8 } from '../make-package.ts';
import { expectRefusal } from '../refusal.ts';

const ABC = utf8('abc');

describe('an operation', () => {
  it.each(['sha1', 'sha256'] as const)('%s is that of the platform', (kind) => {
    expect(hex(applyOtsOperation({ kind }, ABC))).toBe(createHash(kind).update(ABC).digest('hex'));
  });

  it('ripemd160 is the published value', () => {
    // H. Dobbertin, A. Bosselaers, B. Preneel: RIPEMD-160, test values
    expect(hex(applyOtsOperation({ kind: 'ripemd160' }, ABC))).toBe(
      '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
    );
  });

  it('keccak256 has the padding of the original Keccak', () => {
    expect(hex(applyOtsOperation({ kind: 'keccak256' }, ABC))).toBe(
      '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    );
    const sha3 = createHash('sha3-256').update(ABC).digest('hex');
    expect(hex(applyOtsOperation({ kind: 'keccak256' }, ABC))).not.toBe(sha3);
  });

  it.each([
    [{ kind: 'append', argument: Uint8Array.of(1, 2) } as const, '6162630102'],
    [{ kind: 'prepend', argument: Uint8Array.of(1, 2) } as const, '0102616263'],
    [{ kind: 'reverse' } as const, '636261'],
    [{ kind: 'hexlify' } as const, '363136323633'],
  ])('%o moves bytes, and leaves the message as it was', (operation, result) => {
    for (const message of [utf8('abc'), Buffer.from('abc')]) {
      expect(hex(applyOtsOperation(operation, message))).toBe(result);
      expect(hex(message)).toBe('616263');
    }
  });

  it('refuses a result that is longer than a message may be', () => {
    const message = new Uint8Array(4_096);
    expect(applyOtsOperation({ kind: 'reverse' }, message).length).toBe(4_096);
    expectRefusal('E_FIELD', () => applyOtsOperation({ kind: 'hexlify' }, message));
    const operation = { kind: 'append', argument: Uint8Array.of(1) } as const;
    expectRefusal('E_FIELD', () => applyOtsOperation(operation, message));
  });
});
