/** The page's words: one key word per verdict, and nothing that claims more than was checked. @module */
import { ERROR_CODES, explainCode, type Verdict, verdictOfCode } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { type Finding, resultFromFinding } from '../src/finding.ts';
import { nextOnPage, sentenceOfFinding, summaryOfResults, VERDICT_WORD } from '../src/words.ts';
import { itemOf } from './support/make-item.ts';

const VERDICTS = Object.keys(VERDICT_WORD) as Verdict[];

describe('the words', () => {
  it('differ in each verdict, and only "verified" says verified', () => {
    const words = Object.values(VERDICT_WORD);
    expect(new Set(words).size).toBe(VERDICTS.length);
    expect(words.filter((word) => /verified/i.test(word))).toEqual(['Verified']);
  });

  it('have a sentence of their own for each verdict, and accuse nobody', () => {
    const sentences = VERDICTS.map((verdict) => sentenceOfFinding(finding(verdict)));
    expect(new Set(sentences).size).toBe(VERDICTS.length);
    for (const sentence of sentences) expect(sentence).not.toMatch(/tamper|forge/i);
  });

  it('never name an option of the command line as the next step', () => {
    const reachable = ERROR_CODES.filter((code) => {
      const verdict = verdictOfCode(code);
      // What the page can come to without keys in windows, payloads, receipts and anchors.
      return (
        verdict === 'malformed' ||
        /^E_(LEAF|INDEX|PATH|ROOT|HEAD|STH|CHECK|KEY_UNK|KEY_CHAIN|KEY_REV)/.test(code)
      );
    });
    expect(reachable.length).toBeGreaterThan(14);
    for (const code of reachable) {
      expect(nextOnPage(code, explainCode(code).next), code).not.toMatch(/--\w/);
    }
  });

  it('add up in the summary', () => {
    const findings = [finding('verified'), finding('invalid'), finding('verified')];
    const results = findings.map(resultFromFinding);
    expect(summaryOfResults(results)).toBe('3 items: 2 verified, 1 invalid');
    expect(summaryOfResults(results.slice(0, 1))).toBe('1 item: 1 verified');
  });
});

function finding(verdict: Verdict): Finding {
  const nothing = { code: null, failure: null, report: null, other: null, comparison: null };
  return { item: itemOf('a', null), verdict, ...nothing, checkedAtMs: 0 };
}
