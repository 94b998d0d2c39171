/** Share links as the API takes and shows them. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import type { ShareLink } from '../../proofs/share-store.ts';

const MAX_LIFETIME_S = 90 * 86_400;
export const DEFAULT_LIFETIME_S = 7 * 86_400;

export const NewShareBody = Type.Object(
  { expires_in_s: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIFETIME_S })) },
  { additionalProperties: false },
);
export type NewShareBody = Static<typeof NewShareBody>;

/** Without the link itself: it was shown once. */
export function encodeShareLinkJson(link: ShareLink): object {
  return {
    id: link.id,
    created_at: timeFromMs(link.createdAtMs),
    expires_at: timeFromMs(link.expiresAtMs),
    revoked_at: link.revokedAtMs === null ? null : timeFromMs(link.revokedAtMs),
  };
}
