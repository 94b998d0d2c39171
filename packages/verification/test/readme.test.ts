/** The example of the README runs, is the one that is shown, and tells good from changed. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex, LOG_SIGNER, makePackage, NOW_MS, utf8, withMember } from './make-package.ts';
import { linesAbout } from './readme-example.ts';

const KEY = hex(LOG_SIGNER.publicKey);

function readText(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

describe('the example of the README', () => {
  it('is the file that is run here', () => {
    const [, shown] = /```ts\n([\s\S]*?)```/.exec(readText('../README.md')) ?? [];
    const [, ...lines] = readText('./readme-example.ts').split('\n');
    expect(shown).toBe(lines.join('\n'));
  });

  it('says verified and where to, for a good package', () => {
    const lines = linesAbout(utf8(JSON.stringify(makePackage())), KEY, NOW_MS);
    expect(lines[0]).toBe('verified');
    expect(lines.at(-1)).toBe('Webhook delivered to https://example.com/webhook');
  });

  it('says invalid, and nothing of the delivery, for a changed one', () => {
    const changed = withMember(makePackage(), 'inclusion_proof.leaf_index', 4);
    const lines = linesAbout(utf8(JSON.stringify(changed)), KEY, NOW_MS);
    expect(lines[0]).toBe('invalid');
    expect(lines.join('\n')).not.toContain('example.com');
  });
});
