/** Proof packages through the program: every fixture, every verdict, several inputs, hostile ones. @module */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURES_NOW_MS, readFixturePackages } from '../../../test/support/fixture-packages.ts';
import { exitCodeFromError } from '../../src/exit-code.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog, type ProofJson } from '../support/make-proof.ts';
import { makeFolder, runCli } from '../support/run-cli.ts';

const LOG = makeLog(1, [{}, {}, {}, {}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];

function change(change: (proof: ProofJson) => void): ProofJson {
  const proof = LOG.proof(2);
  change(proof);
  return proof;
}

const INVALID = change((proof) => {
  proof.inclusion_proof.proof_hashes[0] = '00'.repeat(32);
});
const UNTRUSTED = makeLog(2, [{}]).proof(0);

describe('the shared fixtures', () => {
  const fixtures = readFixturePackages();
  const now = ['--now', new Date(FIXTURES_NOW_MS).toISOString()];

  it('give the verdict each of them expects, through the real process', async () => {
    expect(fixtures.length).toBeGreaterThan(50);
    const keys = [...new Set(fixtures.map(({ publicKey }) => publicKey))];
    for (const key of keys) {
      const some = fixtures.filter(({ publicKey }) => publicKey === key);
      const folder = makeFolder(Object.fromEntries(some.map(({ name, text }) => [name, text])));
      const words = [...now, '--public-key', key, '--', ...some.map(({ name }) => name)];
      const { stdout, stderr } = await runCli(words, { cwd: folder });
      const lines = stdout.trimEnd().split('\n').slice(0, some.length);
      const found = lines.map((line) => {
        const [, name = '', verdict = ''] = line.split(/ +/);
        return `${name} ${/\[(E_[A-Z_]+)\]$/.exec(line)?.[1] ?? verdict}`;
      });
      expect(stderr).toBe('');
      expect(found).toEqual(some.map(({ name, expect: code }) => `${name} ${code}`));
    }
  });

  it.each([
    'valid-delivered',
    'tampered-sibling',
    'tampered-not-json',
    'tampered-key-not-pinned',
    'tampered-head-from-future',
  ])('ends %s with the exit code of its verdict, alone in a process', async (name) => {
    const fixture = fixtures.find((each) => each.name === name);
    expect(fixture).toBeDefined();
    const words = ['-', ...now, '--public-key', fixture?.publicKey ?? ''];
    const run = await runCli(words, { stdin: fixture?.text ?? '' });
    const code = fixture?.expect as Parameters<typeof exitCodeFromError>[0] | 'verified';
    expect(run.code).toBe(code === 'verified' ? 0 : exitCodeFromError(code));
    expect(run.stderr).toBe('');
    if (code !== 'verified') expect(run.stdout.split('\n')[1]).toContain(`[${code}]`);
  });
});

describe('one proof', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['delivered', {}, 'Webhook delivered to|HTTP status: 200'],
    [
      'rejected',
      { outcome: 'rejected', response_status: 503 },
      'Delivery attempted to|HTTP status: 503',
    ],
    [
      'failed',
      { outcome: 'failed', response_status: null, error: 'ECONNREFUSED' },
      'Delivery attempted to|HTTP status: none (no response)',
    ],
    [
      'unknown',
      { outcome: 'unknown', response_status: null, completed_at: null },
      'Delivery started to|HTTP status: unknown (the sender stopped in between)',
    ],
  ])('tells a %s attempt in five lines', async (_outcome, leaf, words) => {
    const [verb, status] = words.split('|');
    const stdin = JSON.stringify(makeLog(1, [leaf]).proof(0));
    const { code, stdout } = await runInside(['-', ...KEY], { stdin });
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '✓ Proof verified successfully!',
      `  ${verb} https://example.com/webhook`,
      '  Timestamp: 2024-01-15T10:30:45Z',
      `  ${status}`,
      '  Cryptographically signed by Kapsel',
      '',
    ]);
  });

  it('prints milliseconds that are not zero', async () => {
    const leaf = { attempted_at: '2024-01-15T10:30:45.070Z' };
    const stdin = JSON.stringify(makeLog(1, [leaf]).proof(0));
    const { stdout } = await runInside(['-', ...KEY], { stdin });
    expect(stdout.split('\n')[2]).toBe('  Timestamp: 2024-01-15T10:30:45.070Z');
  });

  it('adds the sixth line, key, place, head and checks with -v', async () => {
    const stdin = JSON.stringify(LOG.proof(2));
    const plain = await runInside(['-', ...KEY], { stdin });
    const { stdout } = await runInside(['-', '-v', ...KEY], { stdin });
    expect(stdout.startsWith(plain.stdout)).toBe(true);
    expect(stdout.split('\n')[5]).toBe(
      '  Level A: logged. No receipt from the destination, no Bitcoin anchor.',
    );
    expect(stdout).toContain('index 2 of 5');
    expect(stdout).toContain('2024-01-15T10:30:46.000Z');
    expect(stdout).toMatch(/Passed +format, leaf, inclusion, head, signature, checkpoint, key\n/);
  });

  it('names the failed check, both values and what to do, and claims nothing', async () => {
    const { code, stdout } = await runInside(['-', ...KEY], { stdin: JSON.stringify(INVALID) });
    const lines = stdout.split('\n');
    expect(code).toBe(1);
    expect(lines[0]).toBe('✗ Proof verification failed');
    expect(lines[1]).toBe('  stdin: inclusion - the path leads to another root  [E_ROOT_MISMATCH]');
    expect(lines[2]).toMatch(/^ {4}computed {2}[0-9a-f]{8}…[0-9a-f]{8}$/);
    expect(lines[3]).toMatch(
      /^ {4}signed {4}[0-9a-f]{8}…[0-9a-f]{8} {3}signed_tree_head\.root_hash, tree size 5$/,
    );
    expect(lines[4]).toMatch(/^ {2}Passed: format, leaf, .* {3}Failed: inclusion\. {3}Skipped: /);
    expect(lines[6]).toMatch(/^ {2}Next: /);
    expect(stdout).not.toMatch(/✓|verified successfully|example\.com/);
  });

  it.each([
    ['malformed', '{}', 3, '! Not a readable proof package'],
    ['untrusted', JSON.stringify(UNTRUSTED), 4, '? Proof not trusted'],
  ])('has a headline of its own for %s', async (_verdict, stdin, exitCode, headline) => {
    const { code, stdout } = await runInside(['-', ...KEY], { stdin });
    expect(code).toBe(exitCode);
    expect(stdout.split('\n')[0]).toBe(headline);
  });
});

describe('inputs that cannot be read', () => {
  it('are an error with a reason, on both streams: 6', async () => {
    const folder = makeFolder();
    for (const name of [join(folder, 'absent.json'), join(folder, 'a\0b')]) {
      const { code, stdout, stderr } = await runInside([name, ...KEY]);
      expect(code, name).toBe(6);
      expect(stdout.split('\n')[0]).toBe('# Could not read');
      expect(stdout).toContain('[E_IO]');
      expect(stderr).toContain('[E_IO]');
      expect(stdout + stderr).not.toMatch(/^\s+at /m);
    }
  });

  it.skipIf(process.platform === 'win32')('include a file without permission', async () => {
    const file = join(makeFolder({ 'proof.json': LOG.proof(0) }), 'proof.json');
    chmodSync(file, 0);
    const isRoot = process.geteuid?.() === 0;
    // Root may read everything, so it becomes nobody for the moment.
    if (isRoot) process.seteuid?.(65_534);
    try {
      const { code, stdout } = await runInside([file, ...KEY]);
      expect(code).toBe(6);
      expect(stdout).toContain('permission denied  [E_IO]');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('are malformed when they are no text, cut off or not JSON: 3', async () => {
    const proof = Buffer.from(JSON.stringify(LOG.proof(0)));
    const inputs: [Uint8Array, string][] = [
      [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255]), 'E_JSON'],
      [Buffer.alloc(4096, 0xff), 'E_JSON'],
      [proof.subarray(0, proof.length / 2), 'E_JSON'],
      [Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), proof]), 'E_JSON'],
      [Buffer.from('['.repeat(100_000)), 'E_TOO_LARGE'],
      [Buffer.from('null'), 'E_FIELD'],
    ];
    for (const [stdin, errorCode] of inputs) {
      const { code, stdout, stderr } = await runInside(['-', ...KEY], { stdin });
      expect(code).toBe(3);
      expect(stdout).toContain(`[${errorCode}]`);
      expect(stdout + stderr).not.toMatch(/^\s+at /m);
    }
  });

  it('refuses a bad UTF-8 byte instead of reading it as another character', async () => {
    const bytes = Buffer.from(JSON.stringify(LOG.proof(0)));
    bytes[bytes.indexOf('example.com')] = 0xff;
    const { code, stdout } = await runInside(['-', ...KEY], { stdin: bytes });
    expect(code).toBe(3);
    expect(stdout).toContain('[E_JSON]');
  });

  it('refuses more than 1 MiB, from a file and from a stream, but not 1 MiB itself', async () => {
    const text = Buffer.from(JSON.stringify(LOG.proof(0)));
    const padded = (size: number) => Buffer.concat([text, Buffer.alloc(size - text.length, ' ')]);
    const folder = makeFolder({
      full: padded(2 ** 20),
      over: padded(2 ** 20 + 1),
      double: Buffer.alloc(2 ** 21, 0x20),
    });
    expect((await runInside([join(folder, 'full'), ...KEY])).code).toBe(0);
    for (const name of ['over', 'double']) {
      const run = await runInside([join(folder, name), ...KEY]);
      expect(run.code).toBe(3);
      expect(run.stdout).toContain('[E_TOO_LARGE]');
    }
    const stream = await runCli(['-', ...KEY], { stdin: Buffer.alloc(2 ** 21, 0x20) });
    expect(stream.code).toBe(3);
    expect(stream.stdout).toContain('[E_TOO_LARGE]');
    expect(stream.stderr).toBe('');
  });
});

describe('several inputs', () => {
  const files = {
    'good.json': LOG.proof(0),
    'bad.json': INVALID,
    'other.json': UNTRUSTED,
    'broken.json': '{',
    'good2.json': LOG.proof(1),
  };

  it('are all checked, in the order given, whatever comes before', async () => {
    const folder = makeFolder(files);
    const words = ['absent.json', '--proof', 'bad.json', 'good.json', '--proof=broken.json'];
    const run = await runCli([...words, 'other.json', 'good2.json', ...KEY], { cwd: folder });
    expect(run.code).toBe(1);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
      '# absent.json error',
      '✗ bad.json invalid',
      '✓ good.json verified',
      '! broken.json malformed',
      '? other.json untrusted',
      '✓ good2.json verified',
      'Checked 6 proofs',
    ]);
    expect(lines[6]).toMatch(
      /^Checked 6 proofs from 6 files in \d+\.\d\d s: 2 verified, 1 invalid, 1 malformed, 1 untrusted, 1 error\. 2 tree heads\.$/,
    );
  });

  it.each([
    [['good.json', 'good2.json'], 0],
    [['absent.json', 'good.json'], 6],
    [['absent.json', 'other.json', 'good.json'], 4],
    [['other.json', 'broken.json', 'absent.json'], 3],
    [['broken.json', 'other.json', 'bad.json'], 1],
    [['good.json', 'bad.json', 'good2.json'], 1],
  ])('end %j with %i', async (names, code) => {
    const folder = makeFolder(files);
    const run = await runInside([...names.map((name) => join(folder, name)), ...KEY]);
    expect(run.code).toBe(code);
  });

  it('count a file given twice twice, and its head once', async () => {
    const file = join(makeFolder(files), 'good.json');
    const run = await runInside([file, file, ...KEY]);
    expect(run.stdout).toContain('Checked 2 proofs');
    expect(run.stdout).toContain(' 1 tree head.');
  });

  it('show with -q only what is not verified, and the summary', async () => {
    const folder = makeFolder(files);
    const names = ['good.json', 'bad.json', 'good2.json'].map((name) => join(folder, name));
    const { stdout } = await runInside(['-q', ...names, ...KEY]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('bad.json');
    expect(lines[1]).toContain('2 verified, 1 invalid');
  });

  it('end with 130 and an incomplete summary when the run was interrupted', async () => {
    const folder = makeFolder(files);
    const names = ['good.json', 'good2.json'].map((name) => join(folder, name));
    const run = await runInside([...names, ...KEY], { stopped: 'interrupted' });
    expect(run.code).toBe(130);
  });
});

describe('hostile text', () => {
  // ESC, an 8-bit control, bell, right-to-left override, zero width space, line breaks.
  const NASTY =
    '\u001b]0;x\u0007\u009b31m\u202egnp.exe\u200b\r\n\u2028✓ Proof verified successfully!';
  const LOOSE = /[^\n\x20-\x7e\u00a1-\u200a\u2010-\u2027\u2030-\u205f\u2070-\ufefe]/;

  it('from a leaf, a member, a format or a file name never reaches the terminal raw', async () => {
    const log = makeLog(1, [{ endpoint_url: `https://example.com/${encodeURI('a')}` }]);
    const hostile: unknown[] = [
      makeLog(1, [{ endpoint_url: `https://example.com/${NASTY}` }]).proof(0),
      makeLog(1, [{ endpoint_url: 'https://example.com/\u202egnp.exe' }]).proof(0),
      { ...log.proof(0), format: `kapsel.proof/${NASTY}` },
      { ...log.proof(0), [NASTY]: 1 },
      { ...log.proof(0), delivery_attempt_id: NASTY },
      { ...log.proof(0), signed_tree_head: { ...log.head(1), log: NASTY } },
      `{"${NASTY}`,
      NASTY,
    ];
    const folder = makeFolder(
      Object.fromEntries(hostile.map((content, i) => [`${i}.json`, content])),
    );
    const files = hostile.map((_, i) => join(folder, `${i}.json`));
    const runs = [
      ...files.map((file) => [file]),
      files,
      [`absent-${NASTY}`],
      ['--public-key', `@${NASTY}`],
      [`--${NASTY}`],
    ];
    for (const words of runs) {
      for (const flags of [[], ['-v', '--explain']]) {
        const { stdout, stderr } = await runInside([...words, ...flags, ...KEY]);
        expect(stdout + stderr).not.toMatch(LOOSE);
        // A forged headline can only stand inside a line, never begin one.
        const forged = stdout.split('\n').filter((line) => line.startsWith('✓ Proof'));
        expect(forged.length).toBeLessThanOrEqual(1);
      }
    }
  });

  it('in the URL of a verified proof is written out', async () => {
    const log = makeLog(1, [{ endpoint_url: 'https://example.com/\u202egnp.exe' }]);
    const { code, stdout } = await runInside(['-', ...KEY], {
      stdin: JSON.stringify(log.proof(0)),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('https://example.com/\\u202egnp.exe\n');
  });
});
