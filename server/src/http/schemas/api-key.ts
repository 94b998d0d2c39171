/** API keys as the API takes and shows them; the secret is shown when a key is made, and never again. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import { SCOPE_WORDS, SCOPES } from '../../tenants/api-key.ts';
import type { KeptApiKey } from '../../tenants/key-store.ts';
import { Id, NextCursor, nullable, STORABLE, Time } from './values.ts';

const ScopeName = Type.Enum([...SCOPES], {
  description: SCOPES.map((scope) => `${scope}: ${SCOPE_WORDS[scope]}`).join('; '),
});

export const NewApiKeyBody = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        maxLength: 200,
        pattern: STORABLE,
        description: 'To tell keys apart.',
        examples: ['billing'],
      }),
    ),
    scopes: Type.Array(ScopeName, {
      minItems: 1,
      maxItems: SCOPES.length,
      uniqueItems: true,
      examples: [['ingest']],
    }),
    expires_in_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 315_360_000,
        description: 'Without it the key is good until it is revoked.',
        examples: [2_592_000],
      }),
    ),
  },
  { additionalProperties: false, title: 'NewApiKey' },
);
export type NewApiKeyBody = Static<typeof NewApiKeyBody>;

const KEY_MEMBERS = {
  id: Id,
  name: Type.String({ examples: ['billing'] }),
  prefix: Type.String({
    description: 'The first characters of the secret.',
    examples: ['ksk_q0mVh3Xc'],
  }),
  scopes: Type.Array(ScopeName),
  created_at: Time,
  expires_at: nullable(Time),
  last_used_at: nullable(
    Type.String({
      format: 'date-time',
      description: 'To the minute.',
      examples: ['2026-01-15T10:30:45.000Z'],
    }),
  ),
  revoked_at: nullable(Time),
};

export const ApiKeyJson = Type.Object(KEY_MEMBERS, { title: 'ApiKey' });
export type ApiKeyJson = Static<typeof ApiKeyJson>;

export const NewApiKeyJson = Type.Object(
  {
    ...KEY_MEMBERS,
    secret: Type.String({
      description: 'Shown this once.',
      examples: ['ksk_q0mVh3XcRk7sG5tYwZbN1uP8eLfA2dJ4iO6hC9xTvE0'],
    }),
  },
  { title: 'ApiKeyWithSecret' },
);
export type NewApiKeyJson = Static<typeof NewApiKeyJson>;

export const ApiKeyListJson = Type.Object(
  { data: Type.Array(ApiKeyJson), next_cursor: NextCursor },
  { title: 'ApiKeyList' },
);
export type ApiKeyListJson = Static<typeof ApiKeyListJson>;

export function encodeApiKeyJson(key: KeptApiKey): ApiKeyJson {
  const time = (ms: number | null): string | null => (ms === null ? null : timeFromMs(ms));
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    created_at: timeFromMs(key.createdAtMs),
    expires_at: time(key.expiresAtMs),
    last_used_at: time(key.lastUsedAtMs),
    revoked_at: time(key.revokedAtMs),
  };
}
