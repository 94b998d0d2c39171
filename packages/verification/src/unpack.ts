/** Packed data: the contract of whoever unpacks it, and bad data told apart from a source that fails. @module */
import type { Chunks } from './chunks.ts';
import { broken } from './input-refusal.ts';

/**
 * Gives what packed bytes unpack to, piece by piece, and makes no more of it ahead than about a MiB. Rejects when the
 * bytes are damaged, are cut off, or go on behind their end; a failure of the source is passed on. A reader who stops
 * early ends the source too. The core brings none: a platform has its own.
 */
export type Unpack = (packed: Chunks) => Chunks;

/** The formats that are read. */
export interface Unpackers {
  /** RFC 1952, of one or several members. */
  readonly gunzip: Unpack;
  /** RFC 1951, without a header. */
  readonly inflateRaw: Unpack;
}

/** What the source unpacks to. Data that cannot be unpacked are refused; what the source throws is thrown as it is. */
export async function* unpacked(
  source: Chunks,
  unpack: Unpack,
  reason: string,
): AsyncGenerator<Uint8Array> {
  // Kept in an object: it is set by a generator beside this one.
  const watched: { failure: { readonly error: unknown } | null } = { failure: null };
  async function* watch(): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      watched.failure = { error };
      throw error;
    }
  }
  try {
    yield* unpack(watch());
  } catch (error) {
    throw watched.failure === null ? broken(reason, error) : watched.failure.error;
  }
}
