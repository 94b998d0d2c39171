/** Signers whose keys are the text of KAPSEL_SIGNING_KEY: PEM blocks, or one seed in base64. @module */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { base64FromBytes, bytesFromBase64 } from '@kapsel/verification';
import type { Secret } from '../base/secret.ts';
import { parsePrivateKey, signerFromPrivateKey } from './memory-signer.ts';
import { KeyError, type Signer } from './signer.ts';

const PLACE = 'KAPSEL_SIGNING_KEY';
const MAX_BLOCKS = 16;
const BLOCK = /-----BEGIN [A-Z ]+-----[A-Za-z0-9+/=\s]*-----END [A-Z ]+-----/g;
const SEED_BYTES = 32;
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex'); // RFC 8410 section 7, without the seed

/** The signers in the text, in its order. Throws KeyError when any part of it is no Ed25519 key. */
export function openEnvSigners(text: Secret, passphrase: Secret | null): readonly Signer[] {
  const keys = text.reveal().includes('-----')
    ? keysFromBlocks(text.reveal(), passphrase)
    : [keyFromSeed(text.reveal())];
  return keys.map((key) => signerFromPrivateKey(key, 'env'));
}

function keysFromBlocks(text: string, passphrase: Secret | null): KeyObject[] {
  // Where a variable cannot hold line breaks, they are often written out.
  const lines = text.replaceAll('\\n', '\n');
  const blocks = lines.match(BLOCK) ?? [];
  if (blocks.length === 0 || lines.replaceAll(BLOCK, '').trim() !== '') {
    throw new KeyError(`${PLACE} has something else than whole PEM blocks`);
  }
  if (blocks.length > MAX_BLOCKS) {
    throw new KeyError(`${PLACE} has ${blocks.length} keys, want at most ${MAX_BLOCKS}`);
  }
  return blocks.map((block, i) =>
    parsePrivateKey(block, passphrase, blocks.length === 1 ? PLACE : `key ${i + 1} of ${PLACE}`),
  );
}

function keyFromSeed(text: string): KeyObject {
  const seed = seedFromText(text.trim());
  if (seed?.length !== SEED_BYTES) {
    throw new KeyError(`${PLACE} wants PEM blocks, or ${SEED_BYTES} bytes in base64`);
  }
  return createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

// The error of the core names what it got, and a secret must not be named: it is not passed on.
function seedFromText(text: string): Uint8Array | null {
  const seed = new Uint8Array(Buffer.from(text, 'base64'));
  return base64FromBytes(seed) === text ? bytesFromBase64(text) : null;
}
