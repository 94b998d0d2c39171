/** Witness policies: every line of the format, everything that would let somebody count twice. C2SP tlog-policy. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import { isQuorumMet } from '../src/quorum.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy } from '../src/witness-policy.ts';
import { signerNumber } from './make-key-chain.ts';
import { ORIGIN } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const LOG = encodeVkey(ORIGIN, signerNumber(0).publicKey);
const LINES = [1, 2, 3, 4].map((i) => `witness w${i} ${witnessVkey(i)}`);
const WITNESSES = LINES.join('\n');

function witnessVkey(i: number): string {
  return encodeVkey(`w${i}.example`, signerNumber(i).publicKey, 'witness');
}

function refusedLine(text: string): string | undefined {
  const { field, expected, actual } = expectRefusal('E_USAGE', () => parseWitnessPolicy(text));
  expect([expected, actual]).not.toContain(''); // it says what it wants, and what it found
  return field;
}

describe('a policy', () => {
  it('is read with logs, witnesses, groups and its quorum', () => {
    const text = `# ours\n#\n#also ours\n\nlog ${LOG} https://log.example/\n${WITNESSES}\n\tgroup\tx 2 w1 w2 w3 \n  # and\ngroup all-of-us all x w4\nquorum all-of-us\n`;
    const policy = parseWitnessPolicy(text);
    expect(policy.logs).toEqual([
      { name: ORIGIN, publicKey: signerNumber(0).publicKey, url: 'https://log.example/' },
    ]);
    expect(policy.witnesses.map(({ name, key }) => [name, key.name])).toEqual([
      ['w1', 'w1.example'],
      ['w2', 'w2.example'],
      ['w3', 'w3.example'],
      ['w4', 'w4.example'],
    ]);
    expect(policy.witnesses[0]).toMatchObject({ url: null });
    expect(policy.groups).toEqual([
      { name: 'x', threshold: 2, members: ['w1', 'w2', 'w3'] },
      { name: 'all-of-us', threshold: 2, members: ['x', 'w4'] },
    ]);
    expect(policy.quorum).toBe('all-of-us');
  });

  it('keeps the address of a witness', () => {
    const policy = parseWitnessPolicy(`${LINES[0]} https://w.example/\nquorum w1`);
    expect(policy.witnesses[0]?.url).toBe('https://w.example/');
  });

  it('may want nobody', () => {
    const policy = parseWitnessPolicy('quorum none\n');
    expect(policy).toMatchObject({ logs: [], witnesses: [], groups: [], quorum: null });
    expect(isQuorumMet(policy, [])).toBe(true);
  });

  it('may hold 32 of each and more', () => {
    const many = Array.from({ length: 40 }, (_, i) => i + 1);
    const text = [
      ...many.map((i) => `log ${encodeVkey(`log${i}.example`, signerNumber(i).publicKey)}`),
      ...many.map((i) => `witness w${i} ${witnessVkey(i)}`),
      ...many.map((i) => `group g${i} any w${i}${i === 1 ? '' : ` g${i - 1}`}`),
      'quorum g40',
    ].join('\n');
    const policy = parseWitnessPolicy(text);
    expect([policy.logs, policy.witnesses, policy.groups].map(({ length }) => length)).toEqual([
      40, 40, 40,
    ]);
    expect(isQuorumMet(policy, ['w1'])).toBe(true);
    expect(isQuorumMet(policy, [])).toBe(false);
  });

  it('takes names as they are: a Kelvin sign is no K', () => {
    const text = `${LINES[0]?.replace('w1', '\u212a')}\n${LINES[1]?.replace('w2', 'K')}\nquorum \u212a\n`;
    const policy = parseWitnessPolicy(text);
    expect(isQuorumMet(policy, ['K'])).toBe(false);
    expect(isQuorumMet(policy, ['\u212a'])).toBe(true);
  });
});

describe('a policy is refused', () => {
  it.each([
    ['without quorum', `${WITNESSES}\n`, 'the policy'],
    ['that is empty', '', 'the policy'],
    ['with two quorums', 'quorum none\nquorum none', 'line 2'],
    ['with a quorum of nobody known', 'quorum w1', 'line 1'],
    ['with a quorum before its definition', `quorum w1\n${LINES[0]}`, 'line 1'],
    ['with a quorum of two names', `${WITNESSES}\nquorum w1 w2`, 'line 5'],
    ['with a quorum without name', 'quorum', 'line 1'],
    ['with a word it does not know', 'cosigner x', 'line 1'],
    ['with a comment behind a line', 'quorum none # nobody', 'line 1'],
    ['with a log without key', 'log', 'line 1'],
    ['with a log of four words', `log ${LOG} a b`, 'line 1'],
    ['with a log twice', `log ${LOG}\nlog ${LOG}`, 'line 2'],
    [
      'with the key of a log under another name',
      `log ${LOG}\nlog ${encodeVkey('b', signerNumber(0).publicKey)}`,
      'line 2',
    ],
    ['with a witness without key', 'witness w1', 'line 1'],
    ['with a witness of five words', `${LINES[0]} a b`, 'line 1'],
    ['with a witness called none', LINES[0]?.replace('w1', 'none') ?? '', 'line 1'],
    ['with a name given twice', `${LINES[0]}\n${LINES[1]?.replace('w2', 'w1')}`, 'line 2'],
    [
      'with the key of a witness under two names',
      `${LINES[0]}\nwitness w2 ${encodeVkey('x', signerNumber(1).publicKey, 'witness')}`,
      'line 2',
    ],
    ['with a group without members', `${WITNESSES}\ngroup g any`, 'line 5'],
    ['with a group called none', `${WITNESSES}\ngroup none any w1`, 'line 5'],
    ['with a group called like a witness', `${WITNESSES}\ngroup w1 any w2`, 'line 5'],
    ['with a group of nobody known', `${WITNESSES}\ngroup g any w9`, 'line 5'],
    ['with a group that is its own member', `${WITNESSES}\ngroup g any w1 g`, 'line 5'],
    ['with none as a member', `${WITNESSES}\ngroup g any none`, 'line 5'],
    ['with a member twice', `${WITNESSES}\ngroup g 2 w1 w1`, 'line 5'],
    ['with a member of two groups', `${WITNESSES}\ngroup g any w1\ngroup h any w1`, 'line 6'],
    ['with a threshold of 0', `${WITNESSES}\ngroup g 0 w1`, 'line 5'],
    ['with a threshold above the members', `${WITNESSES}\ngroup g 3 w1 w2`, 'line 5'],
    ['with a threshold of 01', `${WITNESSES}\ngroup g 01 w1`, 'line 5'],
    ['with a threshold of 1.0', `${WITNESSES}\ngroup g 1.0 w1`, 'line 5'],
    ['with a threshold in another word', `${WITNESSES}\ngroup g most w1`, 'line 5'],
    ['with a carriage return', 'quorum none\r\n', 'line 1'],
    ['with a DEL in a comment', '# \u007f\nquorum none', 'line 1'],
    ['with a NUL in a comment', 'quorum none\n# \u0000', 'line 2'],
  ])('%s', (_, text, field) => {
    expect(refusedLine(text)).toBe(field);
  });

  it('with a log’s key for a witness, or the other way round', () => {
    for (const text of [`log ${witnessVkey(1)}`, `witness w1 ${LOG}`]) {
      const refusal = expectRefusal('E_KEY_FORMAT', () => parseWitnessPolicy(text));
      expect(refusal.field).toBe('line 1');
    }
  });

  it('with a private key, which is not repeated', () => {
    const text = `${LINES[0]}\nlog PRIVATE+KEY+${LOG}`;
    const refusal = expectRefusal('E_KEY_PRIVATE', () => parseWitnessPolicy(text));
    expect(refusal.field).toBe('line 2');
    expect(refusal.message).not.toContain(LOG.slice(-20));
  });

  it.each([
    ['log', 'log'],
    ['witness', 'witness w1'],
    ['group', 'group g any'],
    ['quorum', 'quorum'],
    ['quorum', 'quorum w1 w2'],
  ])('with the form of a %s line where words are missing or too many: %s', (keyword, line) => {
    const refusal = expectRefusal('E_USAGE', () => parseWitnessPolicy(line));
    expect(refusal.expected).toMatch(new RegExp(`^${keyword} <`));
  });

  it('that is larger than 256 KiB', () => {
    const largest = `quorum none\n${'#'.repeat(262_144 - 12)}`;
    expect(parseWitnessPolicy(largest).quorum).toBeNull();
    expect(refusedLine(`${largest}#`)).toBe('the policy');
  });

  it('with more than 256 logs, or witnesses', () => {
    const keys = Array.from({ length: 257 }, (_, i) => signerNumber(i).publicKey);
    const logs = keys.map((key, i) => `log ${encodeVkey(`log${i}.example`, key)}`);
    const witnesses = keys.map((key, i) => `witness w${i} ${encodeVkey('w', key, 'witness')}`);
    for (const lines of [logs, witnesses]) {
      const most = `quorum none\n${lines.slice(1).join('\n')}`;
      expect(parseWitnessPolicy(most).quorum).toBeNull();
      expect(refusedLine(`${most}\n${lines[0]}`)).toBe('line 258');
    }
  });

  it('with more than 256 groups', () => {
    const names = Array.from(
      { length: 257 },
      (_, i) => `group g${i + 1} any ${i === 0 ? 'w1' : `g${i}`}`,
    );
    expect(refusedLine(`${LINES[0]}\n${names.join('\n')}`)).toBe('line 258');
  });

  it('with its own error, whatever the text', () => {
    const words = fc.constantFrom(
      'log',
      'witness',
      'group',
      'quorum',
      'none',
      'any',
      '1',
      'w1',
      '#',
      LOG,
      '\t',
      '\n',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        try {
          parseWitnessPolicy(parts.join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError);
        }
      }),
      { seed: 6962, numRuns: 300 },
    );
  });
});
