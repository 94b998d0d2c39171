/** Cursors of lists: where the next page begins, for the caller who was given it and nobody else. HMAC-SHA-256, RFC 2104. @module */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Failure } from '../base/failure.ts';
import { invalidAt } from './invalid-at.ts';

/**
 * ```
 * off len
 *  0  16  id of the last item of the page before
 * 16  16  the first half of an HMAC-SHA-256 over PREFIX, list, owner and id, each on a line       (32 bytes, 43 characters base64url)
 * ```
 * The owner is a tenant, or `platform`. Neither the owner nor the list is in the cursor: any other gives another HMAC.
 */
const PREFIX = 'kapsel.cursor/v1';
const ID_BYTES = 16;
const MAC_BYTES = 16;
const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** A list that goes on where a cursor says. */
export type ListName = 'events' | 'endpoints' | 'api-keys' | 'tenants';

/** The cursors of one list, as one owner may use them. */
export interface Cursors {
  encode(lastId: string): string;
  /** The id it was made of, or null for no cursor. Failure `invalid_request` for one that this owner was not given for this list. */
  parse<Id extends string>(text: string | undefined): Id | null;
}

/** The key of cursors, drawn from the server's secret key (HKDF, RFC 5869), so that no other use shares it. */
export function cursorKeyFromSecret(secretKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secretKey, new Uint8Array(), PREFIX, 32));
}

export function cursorsFor(key: Uint8Array, list: ListName, owner: string): Cursors {
  const macOf = (id: string): Buffer =>
    createHmac('sha256', key)
      .update(`${PREFIX}\n${list}\n${owner}\n${id}\n`)
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    encode(lastId) {
      const id = Buffer.from(lastId.replaceAll('-', ''), 'hex');
      return Buffer.concat([id, macOf(lastId)]).toString('base64url');
    },
    parse<Id extends string>(text: string | undefined): Id | null {
      if (text === undefined) return null;
      if (!SHAPE.test(text)) throw refused(); // from the network
      const bytes = Buffer.from(text, 'base64url');
      const id = bytes
        .toString('hex', 0, ID_BYTES)
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      if (!timingSafeEqual(bytes.subarray(ID_BYTES), macOf(id))) throw refused();
      return id as Id;
    },
  };
}

/** A page out of what was found with one more than asked for, which tells whether there is a next page. */
export function pageOf<Item extends { readonly id: string }>(
  found: readonly Item[],
  limit: number,
  cursors: Cursors,
): { readonly items: Item[]; readonly nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const hasNext = found.length > limit && last !== undefined;
  return { items, nextCursor: hasNext ? cursors.encode(last.id) : null };
}

function refused(): Failure {
  return invalidAt('/cursor', 'is not a cursor of this list');
}
