import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import {
  ConsistencyQuery,
  InclusionQuery,
  integerFromQuery,
  LogQuery,
  PackageQuery,
  TreeHeadQuery,
} from '../../../src/http/schemas/attestation.ts';

describe('a size in a query', () => {
  it.each(['0', '1', '10', '999999999999999'])('may be %s', (size) => {
    expect(Value.Check(TreeHeadQuery, { tree_size: size })).toBe(true);
    expect(Value.Check(InclusionQuery, { tree_size: size })).toBe(true);
    expect(Value.Check(ConsistencyQuery, { old_size: size, new_size: size })).toBe(true);
    expect(Number.isSafeInteger(integerFromQuery(size))).toBe(true);
    expect(String(integerFromQuery(size))).toBe(size);
  });

  it.each(['', '-1', '+1', '01', '1.0', '1e3', ' 1', '1\n', '0x1', '١', '1000000000000000'])(
    'may not be %j',
    (size) => {
      expect(Value.Check(TreeHeadQuery, { tree_size: size })).toBe(false);
      expect(Value.Check(InclusionQuery, { tree_size: size })).toBe(false);
      expect(Value.Check(ConsistencyQuery, { old_size: '1', new_size: size })).toBe(false);
    },
  );

  it('that is absent is null', () => {
    expect(integerFromQuery(undefined)).toBeNull();
  });
});

it('a log may be named, in whichever way', () => {
  for (const log of ['shared', '', 'NO NAME', '../x']) {
    expect(Value.Check(LogQuery, { log })).toBe(true);
    expect(Value.Check(TreeHeadQuery, { log })).toBe(true);
    expect(Value.Check(InclusionQuery, { log })).toBe(true);
    expect(Value.Check(ConsistencyQuery, { old_size: '1', new_size: '1', log })).toBe(true);
  }
});

it('a package is asked for with or without witnesses, and with a token', () => {
  for (const witnessed of ['prefer', 'require', 'none']) {
    expect(Value.Check(PackageQuery, { witnessed, token: 'x' })).toBe(true);
  }
  for (const witnessed of ['', 'no', 'PREFER', 1, null]) {
    expect(Value.Check(PackageQuery, { witnessed })).toBe(false);
  }
});

it('other parameters are refused', () => {
  expect(Value.Check(LogQuery, { tree_size: '1' })).toBe(false);
  expect(Value.Check(PackageQuery, { log: 'x' })).toBe(false);
  expect(Value.Check(TreeHeadQuery, { size: '1' })).toBe(false);
  expect(Value.Check(InclusionQuery, { size: '1' })).toBe(false);
  expect(Value.Check(ConsistencyQuery, { old_size: '1', new_size: '1', size: '1' })).toBe(false);
});
