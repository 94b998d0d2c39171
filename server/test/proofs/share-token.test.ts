/** Share tokens: one attempt, one expiry, and nothing else that anybody could make of them. */
import { createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DeliveryAttemptId, ShareLinkId } from '../../src/base/ids.ts';
import {
  encodeShareToken,
  parseShareToken,
  shareKeyFromSecret,
} from '../../src/proofs/share-token.ts';
import { START_MS } from '../support/log-bench.ts';

const SECRET = Buffer.alloc(32, 9);
const KEY = shareKeyFromSecret(SECRET);
const ATTEMPT = '019bc135-2808-7000-8000-0000000000aa' as DeliveryAttemptId;
const OTHER = '019bc135-2808-7000-8000-0000000000ab' as DeliveryAttemptId;
const TOKEN = { id: '019bc135-2808-7000-8000-0000000000ff' as ShareLinkId, expiresAtMs: START_MS };
const TEXT = encodeShareToken(KEY, ATTEMPT, TOKEN);

const open = (text: string, nowMs = START_MS - 1, attempt = ATTEMPT, key = KEY) =>
  parseShareToken(key, attempt, text, nowMs);

describe('a share token', () => {
  it('is id, expiry and HMAC as written down, 72 characters of base64url', () => {
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'kapsel.share/v1', 32));
    const text = `kapsel.share/v1\n${TOKEN.id}\n${ATTEMPT}\n${START_MS}\n`;
    const expiry = Buffer.alloc(6);
    expiry.writeUIntBE(START_MS, 0, 6);
    const id = Buffer.from(TOKEN.id.replaceAll('-', ''), 'hex');
    const mac = createHmac('sha256', key).update(text).digest();
    expect(TEXT).toBe(Buffer.concat([id, expiry, mac]).toString('base64url'));
    expect(TEXT).toMatch(/^[A-Za-z0-9_-]{72}$/);
  });

  it('opens its attempt until its time, and not at it', () => {
    expect(open(TEXT)).toEqual(TOKEN);
    expect(open(TEXT, 0)).toEqual(TOKEN);
    expect(open(TEXT, START_MS)).toBeNull();
    expect(open(TEXT, START_MS + 1)).toBeNull();
  });

  it('does not open another attempt, nor with another key', () => {
    expect(open(TEXT, 0, OTHER)).toBeNull();
    expect(open(TEXT, 0, ATTEMPT, shareKeyFromSecret(Buffer.alloc(32, 8)))).toBeNull();
    expect(open(encodeShareToken(SECRET, ATTEMPT, TOKEN), 0)).toBeNull();
  });

  it('is refused with any one bit changed, the expiry’s included', () => {
    const bytes = Buffer.from(TEXT, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(changed.toString('base64url'), 0), `bit ${bit}`).toBeNull();
    }
  });

  it.each([
    ['nothing', ''],
    ['one character less', TEXT.slice(0, -1)],
    ['one character more', `${TEXT}A`],
    ['four characters less', TEXT.slice(0, -4)],
    ['padding', `${TEXT}==`],
    ['a line end', `${TEXT}\n`],
    ['the standard alphabet', TEXT.replace(/[-_]/g, '+').replace(/^./, '/')],
    ['an API key', `ksk_${randomBytes(32).toString('base64url')}`],
    ['chance', randomBytes(54).toString('base64url')],
  ])('is refused: %s', (_what, text) => {
    expect(open(text, 0)).toBeNull();
  });

  it('opens for any id and time', () => {
    for (const expiresAtMs of [1, START_MS, 2 ** 48 - 1]) {
      const token = { id: randomUUID() as unknown as ShareLinkId, expiresAtMs };
      expect(open(encodeShareToken(KEY, ATTEMPT, token), 0)).toEqual(token);
    }
  });
});
