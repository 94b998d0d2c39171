/** Which name was meant: one or two slips away, and only when it is the only one. @module */
import { describe, expect, it } from 'vitest';
import { closestTo } from '../../src/base/closest-name.ts';

const NAMES = ['PORT', 'HOST', 'LOG_LEVEL', 'LEASE_MS'];

describe('the closest name', () => {
  it.each([
    ['PROT', 'PORT'], // swapped: one slip, where PORT and HOST are both two changes away
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LEASES_MS', 'LEASE_MS'],
    ['LEAZE_M', 'LEASE_MS'],
    ['PORT', 'PORT'],
  ])('to %s is %s', (typed, meant) => {
    expect(closestTo(typed, NAMES)).toBe(meant);
  });

  it.each([['LEASE'], ['POST'], ['']])('to %s is none, or not only one', (typed) => {
    expect(closestTo(typed, NAMES)).toBeNull();
  });
});
