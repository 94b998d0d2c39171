import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { newId, type ShareLinkId } from '../../../src/base/ids.ts';
import {
  DEFAULT_LIFETIME_S,
  encodeShareLinkJson,
  NewShareBody,
} from '../../../src/http/schemas/share.ts';
import { START_MS } from '../../support/log-bench.ts';

describe('a new share link', () => {
  it.each([{}, { expires_in_s: 1 }, { expires_in_s: 7_776_000 }])('may be %j', (body) => {
    expect(Value.Check(NewShareBody, body)).toBe(true);
  });

  it.each([
    { expires_in_s: 0 },
    { expires_in_s: -1 },
    { expires_in_s: 7_776_001 },
    { expires_in_s: 1.5 },
    { expires_in_s: '60' },
    { expires_in_s: null },
    { expires_at: 1 },
    [],
    null,
    'x',
  ])('may not be %j', (body) => {
    expect(Value.Check(NewShareBody, body)).toBe(false);
  });

  it('lasts seven days where nothing else is said', () => {
    expect(DEFAULT_LIFETIME_S).toBe(7 * 86_400);
  });
});

it('a share link is shown without its token', () => {
  const id: ShareLinkId = newId(START_MS);
  const link = { id, createdAtMs: START_MS, expiresAtMs: START_MS + 1_000, revokedAtMs: null };
  expect(encodeShareLinkJson(link)).toEqual({
    id,
    created_at: '2026-01-15T10:30:45.000Z',
    expires_at: '2026-01-15T10:30:46.000Z',
    revoked_at: null,
  });
  expect(encodeShareLinkJson({ ...link, revokedAtMs: START_MS })).toMatchObject({
    revoked_at: '2026-01-15T10:30:45.000Z',
  });
});
