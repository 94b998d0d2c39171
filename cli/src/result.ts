/** One package and what came of it. Source of truth: verifier-ux 2.5. @module */
import { createHash } from 'node:crypto';
import {
  followKeyStatements,
  type Report,
  type Trust,
  verdictOfCode,
  verifyProofPackage,
} from '@kapsel/verification';
import { applyRequirements } from './apply-requirements.ts';
import type { InputRefusal, Item, Place } from './inputs/item.ts';
import { labelOfPlace } from './inputs/item.ts';
import { isKeyLike, withoutKey } from './key-words.ts';
import type { Requirements } from './requirements.ts';

/** Each input gives at least one result, also when nothing could be read: the counts of a run add up. */
export interface Result {
  readonly place: Place;
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
  readonly wantsDigest: boolean;
  readonly wantsBytes: boolean;
}

/** Checks a package; what could not be read gets a report of its own. */
export function resultFromItem(item: Item, settings: Settings): Result {
  const { place } = item;
  if (item.kind === 'refused') {
    const isWhole = place.entry === null && place.line === null;
    const label = isWhole ? withoutKey(labelOfPlace(place)) : labelOfPlace(place);
    return { place, label, report: unreadReport(place, item.refusal), digest: null, bytes: null };
  }
  const digest = settings.wantsDigest
    ? { sha256: createHash('sha256').update(item.bytes).digest('hex'), bytes: item.bytes.length }
    : null;
  const bytes = settings.wantsBytes ? item.bytes : null;
  return {
    place,
    label: labelOfPlace(place),
    report: reportOf(item.bytes, settings),
    digest,
    bytes,
  };
}

/** The core's report on one package, with the answers to what is required. */
export function reportOf(bytes: Uint8Array, settings: Settings): Report {
  const { trust, nowMs, requirements } = settings;
  const report = verifyProofPackage(bytes, trust, { nowMs, followKeyStatements });
  return applyRequirements(report, requirements, nowMs);
}

function unreadReport({ path }: Place, refusal: InputRefusal): Report {
  const verdict = verdictOfCode(refusal.code);
  // A key where a file belongs is a common slip.
  const reason =
    refusal.reason !== undefined && isKeyLike(path)
      ? `${refusal.reason}; a key is given with --public-key`
      : refusal.reason;
  return {
    verdict: verdict === 'usage' ? 'error' : verdict,
    levels: [],
    checks: [
      { id: 'format', status: 'fail', ...refusal, ...(reason === undefined ? {} : { reason }) },
    ],
    claims: null,
    tree: null,
    key: null,
    steps: [],
  };
}
