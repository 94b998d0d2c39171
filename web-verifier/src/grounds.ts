/** On which grounds an item is checked: the keys and block headers that the person vouches for, and the clock. @module */
import {
  anchorChecker,
  bitcoinMainnet,
  followKeyStatements,
  type HeaderEvidence,
  type PublicKey,
  parseGivenHeader,
  type Trust,
  VerificationError,
  type VerifyOptions,
} from '@kapsel/verification';
import { trustFromKeys } from './trusted-keys.ts';

/** Under what an item is checked: what the person vouches for, and the clock of the page. */
export interface Terms {
  readonly keys: readonly PublicKey[];
  /** Bitcoin block headers that the person gave. */
  readonly headers: readonly HeaderEvidence[];
  readonly nowMs: number;
}

/** The same, ready to be asked. */
export interface Grounds {
  readonly trust: Trust;
  readonly options: VerifyOptions;
}

/** Made once for all items of a run. */
export function groundsOf({ keys, headers, nowMs }: Terms): Grounds {
  const checkAnchors = anchorChecker({ chain: bitcoinMainnet(), headers });
  return { trust: trustFromKeys(keys), options: { nowMs, followKeyStatements, checkAnchors } };
}

/** What a pasted text says of a block: its header or its Merkle root; null if it is neither, or a header without its work. */
export function readHeaderText(height: number, text: string): HeaderEvidence | null {
  try {
    return parseGivenHeader(`${height}:${text.replaceAll(/\s/g, '')}`, bitcoinMainnet());
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}

/** The height that a person gave a header of; null where it says none. */
export function heightOfHeader(header: HeaderEvidence): number | null {
  return 'run' in header ? header.run.firstHeight : header.height;
}
