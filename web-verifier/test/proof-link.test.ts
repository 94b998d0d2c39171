/** Links that carry a proof: there and back, and what comes of one that was changed. @module */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fragmentFromProof, sourceFromFragment } from '../src/proof-link.ts';
import { craftPackage } from './support/craft-package.ts';

const good = craftPackage({ treeSize: 500, leafIndex: 123 });

describe('a link with a proof', () => {
  it('brings every byte back', async () => {
    const fragment = await fragmentFromProof(bytesOf(good.text));
    expect(fragment).toMatch(/^#proof=[A-Za-z0-9_-]+$/);
    const source = await sourceFromFragment(`${fragment}&key=${good.publicKeyHex}`);
    expect(await source?.blob?.text()).toBe(good.text);
  });

  it('is not made for what would be too long', async () => {
    const noise = Array.from({ length: 9_000 }, (_, i) => ((i * i * 7_919) % 251).toString(36));
    expect(await fragmentFromProof(bytesOf(noise.join('') + Math.PI))).not.toBeNull();
    const random = crypto.getRandomValues(new Uint8Array(6_200));
    expect(await fragmentFromProof(random)).toBeNull();
  });

  it('is none without its member', async () => {
    expect(await sourceFromFragment('')).toBeNull();
    expect(await sourceFromFragment(`#key=${good.publicKeyHex}`)).toBeNull();
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -9)],
    ['not base64', () => '%%%'],
    ['not deflated', () => 'AAAA'],
    ['empty', () => ''],
    // A megabyte and one byte of nothing: short in the link, and over the limit when unpacked.
    ['a bomb', () => deflateRawSync(Buffer.alloc(1_048_577)).toString('base64url')],
    ['over the limit', () => 'A'.repeat(8_193)],
  ])('is unreadable when it is %s', async (_, change) => {
    const text = (await fragmentFromProof(bytesOf(good.text)))?.slice('#proof='.length) ?? '';
    const source = await sourceFromFragment(`#proof=${change(text)}`);
    expect(source).toMatchObject({ blob: null });
  });
});

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}
