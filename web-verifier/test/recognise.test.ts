/** Telling what a file is when it is no proof package. @module */
import { describe, expect, it } from 'vitest';
import { recogniseOther } from '../src/recognise.ts';
import { craftPackage, signerFromSeed } from './support/craft-package.ts';

const { publicKeyHex, privateKey } = signerFromSeed(7);
const head = JSON.parse(craftPackage().text).signed_tree_head;

describe('recogniseOther', () => {
  it.each([
    ['private-key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['private-key', JSON.stringify(privateKey.export({ format: 'jwk' }))],
    ['public-key', `${publicKeyHex}\n`],
    ['timestamp', '\0OpenTimestamps\0\0Proof\0\u00bf'],
    ['tree-head', JSON.stringify(head)],
    ['checkpoint', head.checkpoint],
  ])('knows a %s', (kind, text) => {
    expect(recogniseOther(Buffer.from(text))?.kind).toBe(kind);
  });

  it.each(['', '{}', '[]', 'hello', '{"tree_size":1}', '\0\0\0', 'a\n1\nb\n'])(
    'recognises nothing in %j',
    (text) => {
      expect(recogniseOther(Buffer.from(text))).toBeNull();
    },
  );

  it('does not look into what is too large', () => {
    expect(recogniseOther(new Uint8Array(1_048_577))).toBeNull();
  });
});
