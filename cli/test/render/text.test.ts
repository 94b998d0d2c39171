/** The verdict block: five lines, the sixth, and failures. @module */
import type { Report } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { placeOfFile } from '../../src/inputs/item.ts';
import type { Amount } from '../../src/options.ts';
import { painterOfLevel } from '../../src/render/colour.ts';
import { verdictBlock } from '../../src/render/text.ts';
import { makeReport } from '../support/make-report.ts';

function block(report: Report, amount: Amount = 'normal', isExplained = false): string[] {
  const look = { amount, paint: painterOfLevel(0), ascii: false };
  return verdictBlock(
    { place: placeOfFile('proof.json'), label: 'proof.json', report, digest: null, bytes: null },
    look,
    isExplained,
  );
}

describe('verdictBlock', () => {
  it('has five lines for a plain proof and six with details', () => {
    expect(block(makeReport())).toHaveLength(5);
    const six = block(makeReport(), 'details');
    expect(six.slice(0, 5)).toEqual(block(makeReport()));
    expect(six[5]).toMatch(/^ {2}Level A: logged\./);
  });

  it('has the sixth line whenever more than level A was shown', () => {
    expect(block({ ...makeReport(), levels: ['A', 'C'] })[5]).toMatch(/^ {2}Level A\+C: /);
  });

  it('names a key that has a name by its fingerprint, too', () => {
    const report = makeReport();
    if (report.key === null) return expect.fail('no key');
    const named = block({ ...report, key: { ...report.key, name: 'acme\u001b-prod' } });
    expect(named[4]).toMatch(
      /^ {2}Cryptographically signed by acme\\u001b-prod \(key [0-9a-f]{4}( [0-9a-f]{4}){3}\)$/,
    );
  });

  it('never says verified of anything else', () => {
    const reports = [
      makeReport(undefined, false),
      makeReport((proof) => {
        proof.leaf_hash = '00'.repeat(32);
      }),
      makeReport((proof) => {
        proof.format = 'kapsel.proof/v9';
      }),
      { ...makeReport(), verdict: 'inconclusive' as const, levels: [] },
      { ...makeReport(), verdict: 'error' as const, levels: [] },
    ];
    for (const report of reports) {
      const text = block(report, 'details').join('\n');
      expect(text).not.toMatch(/✓|verified|Cryptographically|Level A/);
      expect(text).toContain('proof.json');
    }
  });

  it('says of another version that it may be fine, once', () => {
    const lines = block(
      makeReport((proof) => {
        proof.format = 'kapsel.proof/v9';
      }),
    );
    expect(lines[1]).toContain('[E_VERSION]');
    expect(lines.join('\n').match(/kapsel\.proof\/v9/g)).toHaveLength(1);
    expect(lines.join('\n')).toContain('newer verifier');
  });

  it('points to --explain only where it was not given', () => {
    const broken = makeReport((proof) => {
      proof.leaf_hash = '00'.repeat(32);
    });
    expect(block(broken).join()).toContain('--explain');
    expect(block(broken, 'normal', true).join()).not.toContain('--explain');
  });

  it('shortens hashes unless details are asked for', () => {
    const broken = makeReport((proof) => {
      proof.leaf_hash = 'ab'.repeat(32);
    });
    expect(block(broken).join()).toContain('abababab…abababab');
    expect(block(broken, 'details').join()).toContain('ab'.repeat(32));
  });
});
