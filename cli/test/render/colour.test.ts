/** The colour matrix: flag, NO_COLOR, FORCE_COLOR, TERM=dumb, terminal or not. @module */
import { describe, expect, it } from 'vitest';
import { type ColourChoice, colorLevel, painterOfLevel } from '../../src/render/colour.ts';

type Row = [
  what: string,
  isTty: boolean,
  env: Record<string, string>,
  choice: ColourChoice,
  level: number,
];

const ROWS: Row[] = [
  ['a terminal', true, {}, 'auto', 1],
  ['a pipe', false, {}, 'auto', 0],
  ['NO_COLOR=1 on a terminal', true, { NO_COLOR: '1' }, 'auto', 0],
  ['NO_COLOR=0, which is not empty', true, { NO_COLOR: '0' }, 'auto', 0],
  ['NO_COLOR empty on a terminal', true, { NO_COLOR: '' }, 'auto', 1],
  ['FORCE_COLOR=0 on a terminal', true, { FORCE_COLOR: '0' }, 'auto', 0],
  ['FORCE_COLOR=false on a terminal', true, { FORCE_COLOR: 'false' }, 'auto', 0],
  ['FORCE_COLOR=1 in a pipe', false, { FORCE_COLOR: '1' }, 'auto', 1],
  ['FORCE_COLOR empty in a pipe', false, { FORCE_COLOR: '' }, 'auto', 1],
  ['FORCE_COLOR=true in a pipe', false, { FORCE_COLOR: 'true' }, 'auto', 1],
  ['FORCE_COLOR=2 in a pipe', false, { FORCE_COLOR: '2' }, 'auto', 2],
  ['FORCE_COLOR=3 in a pipe', false, { FORCE_COLOR: '3' }, 'auto', 3],
  ['FORCE_COLOR of nonsense in a pipe', false, { FORCE_COLOR: 'toString' }, 'auto', 0],
  ['NO_COLOR before FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, 'auto', 0],
  ['FORCE_COLOR before TERM=dumb', true, { FORCE_COLOR: '1', TERM: 'dumb' }, 'auto', 1],
  ['TERM=dumb on a terminal', true, { TERM: 'dumb' }, 'auto', 0],
  ['CI=true in a pipe', false, { CI: 'true' }, 'auto', 0],
  ['the flag before NO_COLOR', false, { NO_COLOR: '1' }, 'always', 1],
  ['the flag before FORCE_COLOR', true, { FORCE_COLOR: '1' }, 'never', 0],
];

describe('colorLevel', () => {
  it.each(ROWS)('%s', (_what, isTty, env, choice, level) => {
    expect(colorLevel({ isTty }, env, choice)).toBe(level);
  });
});

describe('painterOfLevel', () => {
  it('leaves text as it is at level 0 and gives each verdict a colour of its own otherwise', () => {
    const verdicts = [
      'verified',
      'invalid',
      'malformed',
      'untrusted',
      'inconclusive',
      'error',
    ] as const;
    const plain = painterOfLevel(0);
    const coloured = painterOfLevel(1);
    expect(verdicts.map((verdict) => plain('x', verdict))).toEqual(verdicts.map(() => 'x'));
    expect(new Set(verdicts.map((verdict) => coloured('x', verdict))).size).toBe(verdicts.length);
    expect(coloured('x', 'verified')).toBe('\u001b[32mx\u001b[39m');
  });
});
