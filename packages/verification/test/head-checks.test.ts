/** What any head goes through: signature, checkpoint and clock. @module */
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import {
  assertHeadNotInFuture,
  checkHeadCheckpoint,
  checkHeadSignature,
  failedCheck,
  runCheck,
} from '../src/head-checks.ts';
import { parseTreeHead, type TreeHead } from '../src/tree-head.ts';
import { HEAD_TIME_MS, makeHead } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const ROOT = new Uint8Array(32).fill(7);
const HEAD = parseTreeHead(JSON.stringify(makeHead(8, ROOT)));

describe('signature and checkpoint', () => {
  it('pass for a good head', () => {
    expect(checkHeadSignature(HEAD, 'h').status).toBe('pass');
    expect(checkHeadCheckpoint(HEAD, 'h').status).toBe('pass');
  });

  it('fail with code and member', () => {
    const changed: TreeHead = { ...HEAD, treeSize: 9 };
    expect(checkHeadSignature(changed, 'h')).toMatchObject({
      code: 'E_STH_SIGNATURE',
      field: 'h.signature',
    });
    expect(checkHeadCheckpoint(changed, 'h')).toMatchObject({
      status: 'fail',
      code: 'E_CHECKPOINT',
    });
  });

  it('skips a checkpoint that is not there, and says what is missing', () => {
    const check = checkHeadCheckpoint({ ...HEAD, checkpoint: null }, 'h');
    expect(check).toEqual({ id: 'checkpoint', status: 'skipped', reason: 'log name not signed' });
  });
});

describe('a head that passed', () => {
  it.each([
    ['signature', checkHeadSignature],
    ['checkpoint', checkHeadCheckpoint],
  ] as const)('is compared the next time, its %s not verified again', (id, check) => {
    const head = parseTreeHead(JSON.stringify(makeHead(21, ROOT)));
    expect(check(head, 'h')).toEqual({ id, status: 'pass' });
    const read: PropertyKey[] = [];
    const watched = new Proxy(head, {
      get: (target, name) => {
        read.push(name);
        return Reflect.get(target, name);
      },
    });
    expect(check(watched, 'h')).toEqual({ id, status: 'pass' });
    // The comparison reads each once; verifying would read the key once more.
    const told = read.filter((name) => name === 'sthId' || name === 'publicKey');
    expect(told).toEqual(['publicKey', 'sthId']);
  });
});

describe('the clock', () => {
  it('lets a head be up to five minutes ahead', () => {
    const ahead = 300_000;
    expect(() => assertHeadNotInFuture(HEAD, HEAD_TIME_MS - ahead, 't')).not.toThrow();
    const refuse = (): void => assertHeadNotInFuture(HEAD, HEAD_TIME_MS - ahead - 1, 't');
    expect(expectRefusal('E_STH_TIME', refuse).field).toBe('t');
  });
});

describe('running a check', () => {
  it('turns a refusal into an entry and lets mistakes of ours through', () => {
    const refusal = new VerificationError('E_FIELD', { field: 'b', expected: 'x', actual: 'y' });
    const refuse = (): never => {
      throw refusal;
    };
    expect(runCheck('leaf', 'a', refuse)).toEqual({
      id: 'leaf',
      status: 'fail',
      code: 'E_FIELD',
      field: 'a.b',
      expected: 'x',
      actual: 'y',
    });
    expect(() =>
      runCheck('leaf', '', () => {
        throw new TypeError('ours');
      }),
    ).toThrow(TypeError);
  });

  it('has no members for what is not known', () => {
    // Strictly: a member that is there and undefined would be a member.
    expect(failedCheck('leaf', new VerificationError('E_IO'))).toStrictEqual({
      id: 'leaf',
      status: 'fail',
      code: 'E_IO',
    });
  });
});
