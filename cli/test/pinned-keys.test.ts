/** Public keys in every form, from the command line and from files. @module */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInside } from './support/fake-host.ts';
import { makeLog } from './support/make-proof.ts';
import { makeFolder, runCli } from './support/run-cli.ts';

const LOG = makeLog(1, [{}]);
const RAW = Buffer.from(LOG.publicKeyHex, 'hex');
const STDIN = JSON.stringify(LOG.proof(0));
const FIVE_LINES = `✓ Proof verified successfully!
  Webhook delivered to https://example.com/webhook
  Timestamp: 2024-01-15T10:30:45Z
  HTTP status: 200
  Cryptographically signed by Kapsel
`;

function vkey(): string {
  const typed = Buffer.concat([Buffer.of(1), RAW]);
  const hash = createHash('sha256').update(`${LOG.origin}\n`).update(typed).digest('hex');
  return `${LOG.origin}+${hash.slice(0, 8)}+${typed.toString('base64')}`;
}

const FORMS: [form: string, text: string][] = [
  ['hex', LOG.publicKeyHex],
  ['base64', RAW.toString('base64')],
  ['SPKI PEM', LOG.publicKeyPem],
  ['JWK', JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: RAW.toString('base64url') })],
  ['a C2SP verifier key', vkey()],
];

describe('--public-key', () => {
  it.each(FORMS)('reads %s, from the command line and from a file', async (_form, text) => {
    const file = join(makeFolder({ key: `${text}\n` }), 'key');
    for (const value of [text, `@${file}`]) {
      const run = await runInside(['-', '--public-key', value], { stdin: STDIN });
      expect(run).toEqual({ code: 0, stdout: FIVE_LINES, stderr: '' });
    }
  });

  it('reads PEM text through the real process', async () => {
    const run = await runCli(['-', '--public-key', LOG.publicKeyPem], { stdin: STDIN });
    expect(run).toEqual({ code: 0, stdout: FIVE_LINES, stderr: '' });
  });

  it('reads the key from standard input as @-', async () => {
    const file = join(makeFolder({ 'proof.json': STDIN }), 'proof.json');
    const run = await runInside([file, '--public-key', '@-'], { stdin: LOG.publicKeyHex });
    expect(run.code).toBe(0);
  });

  it('trusts each of several keys', async () => {
    const other = makeLog(2, [{}]).publicKeyHex;
    const words = ['-', '--public-key', other, '--public-key', LOG.publicKeyHex];
    expect((await runInside(words, { stdin: STDIN })).code).toBe(0);
    expect((await runInside(words.slice(0, 3), { stdin: STDIN })).code).toBe(4);
  });

  it('refuses all of them when one is no key', async () => {
    const words = ['-', '--public-key', LOG.publicKeyHex, '--public-key', 'nothing'];
    expect((await runInside(words, { stdin: STDIN })).code).toBe(2);
  });

  it('says with -v where a key came from, and the name inside a verifier key', async () => {
    const file = join(makeFolder({ key: vkey() }), 'key');
    const run = await runInside(['-', '-v', '--public-key', `@${file}`], { stdin: STDIN });
    expect(run.stdout).toContain(createHash('sha256').update(RAW).digest('hex'));
    expect(run.stdout).toContain(`${LOG.origin}, pinned by --public-key @${file}`);
  });
});

describe('a key file', () => {
  it('that was waited for when the run was interrupted ends it with 130, without a word', async () => {
    const words = ['a.json', '--public-key', '@-'];
    const run = await runInside(words, { stopped: 'interrupted' });
    expect(run).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  it('that is absent or a folder is an I/O error: 6', async () => {
    for (const name of ['absent.key', makeFolder()]) {
      const run = await runInside(['-', '--public-key', `@${name}`], { stdin: STDIN });
      expect(run.code).toBe(6);
      expect(run.stdout).toBe('');
      expect(run.stderr).toContain('[E_IO]');
    }
  });

  it('that is no text, too large or a private key is refused: 2', async () => {
    const folder = makeFolder({
      binary: Buffer.from([0xff, 0xfe, 0x00]),
      large: Buffer.alloc(70_000, 'a'),
      private: LOG.privateKeyPem,
      empty: '',
    });
    const codes: Record<string, string> = {
      binary: 'E_KEY_FORMAT',
      large: 'E_KEY_FORMAT',
      private: 'E_KEY_PRIVATE',
      empty: 'E_KEY_FORMAT',
    };
    for (const [name, code] of Object.entries(codes)) {
      const run = await runInside(['-', '--public-key', `@${join(folder, name)}`], {
        stdin: STDIN,
      });
      expect(run.code, name).toBe(2);
      expect(run.stderr, name).toContain(`[${code}]`);
    }
  });
});
