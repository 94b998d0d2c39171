/** Share links as the API takes and shows them. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import type { ShareLink } from '../../proofs/share-store.ts';
import { Id, nullable, Time } from './values.ts';

const MAX_LIFETIME_S = 90 * 86_400;
export const DEFAULT_LIFETIME_S = 7 * 86_400;

export const NewShareBody = Type.Object(
  {
    expires_in_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIFETIME_S,
        description: 'Else seven days.',
        examples: [604_800],
      }),
    ),
  },
  { additionalProperties: false },
);
export type NewShareBody = Static<typeof NewShareBody>;

export const NewShareLinkJson = Type.Object(
  {
    id: Id,
    url: Type.String({ examples: ['https://kapsel.example/attestation/download-proof/…?token=…'] }),
    expires_at: Time,
  },
  { title: 'NewShareLink' },
);
export type NewShareLinkJson = Static<typeof NewShareLinkJson>;

const ShareLinkJson = Type.Object(
  { id: Id, created_at: Time, expires_at: Time, revoked_at: nullable(Time) },
  { title: 'ShareLink' },
);
type ShareLinkJson = Static<typeof ShareLinkJson>;

export const ShareLinkListJson = Type.Object(
  { data: Type.Array(ShareLinkJson) },
  { title: 'ShareLinkList' },
);
export type ShareLinkListJson = Static<typeof ShareLinkListJson>;

/** Without the link itself: it was shown once. */
export function encodeShareLinkJson(link: ShareLink): ShareLinkJson {
  return {
    id: link.id,
    created_at: timeFromMs(link.createdAtMs),
    expires_at: timeFromMs(link.expiresAtMs),
    revoked_at: link.revokedAtMs === null ? null : timeFromMs(link.revokedAtMs),
  };
}
