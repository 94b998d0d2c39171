/** One package and what came of it. Source of truth: verifier-ux 2.5. @module */
import { createHash } from 'node:crypto';
import {
  type AnchorChecker,
  followKeyStatements,
  type InputPlace,
  type InputRefusal,
  type Report,
  reportOfRefusal,
  type Trust,
  verifyProofPackage,
} from '@kapsel/verification';
import { applyRequirements } from './apply-requirements.ts';
import { type Item, labelOfItem } from './inputs/item.ts';
import { isKeyLike, withoutKey } from './key-words.ts';
import type { Requirements } from './requirements.ts';

/** Each input gives at least one result, also when nothing could be read: the counts of a run add up. */
export interface Result {
  readonly place: InputPlace;
  /** The place in one text. From the user or the file system: escape it before showing it. */
  readonly label: string;
  readonly report: Report;
  /** Size and hash of the bytes, where a report wants them. */
  readonly digest: { readonly sha256: string; readonly bytes: number } | null;
  /** The package itself, where it is to be taken apart further. */
  readonly bytes: Uint8Array | null;
}

/** What each package of a run is held against. */
export interface Settings {
  readonly trust: Trust;
  readonly nowMs: number;
  readonly requirements: Requirements;
  readonly checkAnchors: AnchorChecker;
  readonly wantsDigest: boolean;
  readonly wantsBytes: boolean;
}

/** Checks a package; what could not be read gets a report of its own. */
export function resultFromItem(item: Item, settings: Settings): Result {
  const { place } = item;
  if (item.kind === 'refused') {
    const isWhole = place.entry === null && place.line === null;
    const label = isWhole ? withoutKey(labelOfItem(item)) : labelOfItem(item);
    const report = reportOfRefusal(withKeyAdvice(place, item.refusal));
    return { place, label, report, digest: null, bytes: null };
  }
  const digest = settings.wantsDigest
    ? { sha256: createHash('sha256').update(item.bytes).digest('hex'), bytes: item.bytes.length }
    : null;
  const bytes = settings.wantsBytes ? item.bytes : null;
  return {
    place,
    label: labelOfItem(item),
    report: reportOf(item.bytes, settings),
    digest,
    bytes,
  };
}

/** The core's report on one package, with the answers to what is required. */
export function reportOf(bytes: Uint8Array, settings: Settings): Report {
  const { trust, nowMs, requirements, checkAnchors } = settings;
  const report = verifyProofPackage(bytes, trust, { nowMs, followKeyStatements, checkAnchors });
  return applyRequirements(report, requirements, nowMs);
}

/** A key where a file belongs is a common slip. */
function withKeyAdvice({ path }: InputPlace, refusal: InputRefusal): InputRefusal {
  if (refusal.reason === undefined || !isKeyLike(path)) return refusal;
  return { ...refusal, reason: `${refusal.reason}; a key is given with --public-key` };
}
