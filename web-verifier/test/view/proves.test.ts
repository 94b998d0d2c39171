/** What a result proves is said for a verified one only, and no more than was checked. @module */
import {
  type Level,
  parsePublicKey,
  type Report,
  type Verdict,
  verifyProofPackage,
} from '@kapsel/verification';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Proves } from '../../src/view/proves.tsx';
import { PROVES, provedBy } from '../../src/words.ts';
import { craftPackage } from '../support/craft-package.ts';

const OTHERS: readonly Verdict[] = ['invalid', 'malformed', 'untrusted', 'inconclusive', 'error'];
const good = craftPackage();
const keys = [{ publicKey: parsePublicKey(good.publicKeyHex).bytes, name: null }];
const REPORT = verifyProofPackage(good.text, { keys }, { nowMs: Date.UTC(2026, 5, 1) });
const WORDS = provedBy(REPORT);

describe('Proves', () => {
  it('says both sides of a verified proof', () => {
    const html = render(REPORT);
    for (const line of [...WORDS.proves, ...WORDS.doesNotProve]) expect(html).toContain(line);
  });

  it.each(OTHERS)('grants nothing to %s', (verdict) => {
    const html = render({ ...REPORT, verdict });
    for (const line of WORDS.proves) expect(html).not.toContain(line);
  });

  it('tells untrusted from wrong', () => {
    expect(render({ ...REPORT, verdict: 'untrusted' })).toContain(PROVES.nothingUntrusted);
    expect(render({ ...REPORT, verdict: 'invalid' })).toContain(PROVES.nothing);
  });

  it('names the block of an anchor, and only where its level was shown', () => {
    const reason = 'existed before Bitcoin block 850123 (header you gave)';
    const checks = [{ id: 'anchor', status: 'pass', reason }] as const;
    const levels: readonly Level[] = ['A', 'C'];
    expect(render({ ...REPORT, levels, checks })).toContain(`It ${reason}.`);
    expect(render({ ...REPORT, checks })).not.toContain('850123');
  });
});

function render(report: Report): string {
  return renderToStaticMarkup(createElement(Proves, { report }));
}
