/** What a result proves is said for a verified one only. @module */
import type { Verdict } from '@kapsel/verification';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Proves } from '../../src/view/proves.tsx';
import { PROVES } from '../../src/words.ts';

const OTHERS: readonly Verdict[] = ['invalid', 'malformed', 'untrusted', 'inconclusive', 'error'];

describe('Proves', () => {
  it('says both sides of a verified proof', () => {
    const html = render('verified');
    for (const line of [...PROVES.proves, ...PROVES.doesNotProve]) expect(html).toContain(line);
  });

  it.each(OTHERS)('grants nothing to %s', (verdict) => {
    const html = render(verdict);
    for (const line of PROVES.proves) expect(html).not.toContain(line);
  });

  it('tells untrusted from wrong', () => {
    expect(render('untrusted')).toContain(PROVES.nothingUntrusted);
    expect(render('invalid')).toContain(PROVES.nothing);
  });
});

function render(verdict: Verdict): string {
  return renderToStaticMarkup(createElement(Proves, { verdict }));
}
