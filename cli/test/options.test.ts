/** Options from text to values: amounts, time, colour. @module */
import { describe, expect, it } from 'vitest';
import type { Host } from '../src/host.ts';
import { parseCommonOptions, type RawOptions } from '../src/options.ts';

const NOW_MS = 1_700_000_000_000;

function parse(raw: RawOptions, isTty = false) {
  const stream = { isTty, columns: null, write: () => undefined, ready: async () => undefined };
  const host = { env: {}, stdout: stream, stderr: stream, nowMs: () => NOW_MS } as Partial<Host>;
  return parseCommonOptions(host as Host, raw);
}

describe('parseCommonOptions', () => {
  it('lets the quietest amount win', () => {
    expect(parse({}).look.amount).toBe('normal');
    expect(parse({ verbose: 1 }).look.amount).toBe('details');
    expect(parse({ verbose: 2 }).look.amount).toBe('timing');
    expect(parse({ verbose: 1, quiet: true }).look.amount).toBe('problems');
    expect(parse({ verbose: 1, quiet: true, silent: true }).look.amount).toBe('nothing');
  });

  it('takes the clock of the host unless told otherwise', () => {
    expect(parse({}).nowMs).toBe(NOW_MS);
    expect(parse({ now: '2026-01-15T10:30:45Z' }).nowMs).toBe(Date.UTC(2026, 0, 15, 10, 30, 45));
    expect(parse({ now: '2026-01-15T10:30:45.007Z' }).nowMs % 1000).toBe(7);
  });

  it.each([
    '',
    'now',
    '2026-01-15',
    '2026-01-15T10:30:45',
    '2026-01-15T10:30:45+01:00',
    '2026-01-15T24:30:45Z',
    '2026-13-15T10:30:45Z',
    '2025-02-29T10:30:45Z',
    ' 2026-01-15T10:30:45Z',
  ])('refuses %j as a time', (now) => {
    expect(() => parse({ now })).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it('paints on a terminal, and as the flags say', () => {
    const isPainted = (raw: RawOptions, isTty: boolean) =>
      parse(raw, isTty).look.paint('x', 'verified') !== 'x';
    expect(isPainted({}, true)).toBe(true);
    expect(isPainted({}, false)).toBe(false);
    expect(isPainted({ color: 'always' }, false)).toBe(true);
    expect(isPainted({ color: 'never' }, true)).toBe(false);
    expect(isPainted({ color: false }, true)).toBe(false);
    expect(isPainted({ color: true }, true)).toBe(true);
  });
});
