/** Paths of a sink: plain names below each other, and nothing that leads out. @module */
import { expect, it } from 'vitest';
import { assertSinkPath, CACHE_CONTROL, SinkError } from '../../src/attestation/tile-sink.ts';

it('takes the paths of logs and tiles', () => {
  for (const path of ['shared/checkpoint', 'shared/tile/0/x001/x234/067', 'a/tile/0/001.p/3']) {
    expect(() => assertSinkPath(path)).not.toThrow();
  }
});

it.each([
  '',
  '/a',
  'a/',
  'a//b',
  '../a',
  'a/../b',
  'a/./b',
  '.a',
  'a\\b',
  'a/b\0',
  'a b',
  'ä',
  'a'.repeat(1_025),
])('refuses %j', (path) => {
  expect(() => assertSinkPath(path)).toThrow(TypeError);
});

it('lets caches keep a tile for a year and a checkpoint for seconds', () => {
  expect(CACHE_CONTROL.immutable).toContain('immutable');
  expect(CACHE_CONTROL.short).toBe('public, max-age=5');
  expect(new SinkError('PUT a: 403').name).toBe('SinkError');
});
