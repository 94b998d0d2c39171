/** Outgoing: what a delivery to an endpoint needs beyond the event, opened, ready to use, and at most a second old. @module */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { EndpointId } from '../base/ids.ts';
import type { Sealer } from '../base/seal.ts';
import { decodeIdentity, placeOfIdentity } from './client-identity.ts';
import { decodeCustomHeaders, placeOfCustomHeaders } from './credentials-store.ts';
import { findOutgoingAcrossTenants, type OutgoingRow } from './outgoing-store.ts';
import { activeKeysOf, placeOfPair } from './signing-pair.ts';
import { type ActiveKey, isSigningVersion } from './signing-secret.ts';
import { isTlsVersion, type TlsSettings, tlsSettings } from './tls-settings.ts';

export interface Outgoing {
  /** Of all pairs, the one that stays first; those whose time is over among them. */
  readonly keys: readonly ActiveKey[];
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
}

export interface OutgoingDeps {
  readonly pool: Pool;
  readonly sealer: Sealer;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Told of an endpoint whose secrets do not open: nothing is sent to it, least of all without them. */
  readonly onUnreadable: (endpointId: EndpointId, error: unknown) => void;
}

/**
 * Null for an endpoint that is not there, or whose secrets do not open. Rejects when the database cannot be
 * asked. Those asked for in one turn of the event loop are fetched by one statement.
 */
export type FindOutgoing = (endpointId: EndpointId) => Promise<Outgoing | null>;

const TTL_MS = 1_000;
const MAX_KEPT = 10_000;

interface Kept {
  readonly untilMs: number;
  readonly answer: Promise<Outgoing | null>;
}

/** What was opened, and a digest of what it was opened from: keys and TLS contexts outlive the second. */
interface Opened {
  readonly digest: string;
  readonly outgoing: Outgoing | null;
}

export function createOutgoingFinder(deps: OutgoingDeps): FindOutgoing {
  /** In the order in which they were asked for. */
  const kept = new Map<EndpointId, Kept>();
  const opened = new Map<EndpointId, Opened>();
  let asked: EndpointId[] = [];
  let fetching: Promise<ReadonlyMap<EndpointId, OutgoingRow>> | null = null;

  const fetchWithOthers = (id: EndpointId): Promise<ReadonlyMap<EndpointId, OutgoingRow>> => {
    asked.push(id);
    fetching ??= Promise.resolve().then(async () => {
      const ids = asked;
      asked = [];
      fetching = null;
      const rows = await findOutgoingAcrossTenants(deps.pool, ids);
      return new Map(rows.map((row) => [row.endpointId, row]));
    });
    return fetching;
  };

  const load = async (id: EndpointId): Promise<Outgoing | null> => {
    const row = (await fetchWithOthers(id)).get(id);
    if (row === undefined) return null;
    const digest = digestOf(row);
    const before = opened.get(id);
    if (before?.digest === digest) return before.outgoing;
    const outgoing = openRow(row, digest, deps);
    remember(opened, id, { digest, outgoing });
    return outgoing;
  };

  return function findOutgoing(id) {
    const nowMs = deps.clock.monotonicMs();
    const known = kept.get(id);
    if (known !== undefined && nowMs < known.untilMs) return known.answer;
    const entry: Kept = { untilMs: nowMs + TTL_MS, answer: load(id) };
    // Whoever asked hears of the failure through `answer`; it is not remembered.
    entry.answer.catch(() => {
      if (kept.get(id) === entry) kept.delete(id);
    });
    remember(kept, id, entry);
    return entry.answer;
  };
}

/** At the bound the oldest goes. */
function remember<Value>(map: Map<EndpointId, Value>, id: EndpointId, value: Value): void {
  map.delete(id);
  map.set(id, value);
  const [oldest] = map.keys();
  if (map.size > MAX_KEPT && oldest !== undefined) map.delete(oldest);
}

function digestOf(row: OutgoingRow): string {
  const digest = createHash('sha256');
  const add = (part: string | Buffer | null): void => {
    const bytes = part === null ? null : Buffer.from(part as string);
    digest.update(`${bytes?.length ?? -1}:`).update(bytes ?? '');
  };
  add(row.signatureVersions.join());
  add(row.minTlsVersion);
  add(row.sealedHeaders);
  add(row.sealedIdentity);
  for (const { sealed, validUntil } of row.sealedPairs) {
    add(sealed);
    add(String(validUntil?.getTime()));
  }
  return digest.digest('hex');
}

function openRow(row: OutgoingRow, digest: string, deps: OutgoingDeps): Outgoing | null {
  const { endpointId, signatureVersions, minTlsVersion, sealedHeaders, sealedIdentity } = row;
  const { sealer } = deps;
  try {
    if (!isTlsVersion(minTlsVersion) || !signatureVersions.every(isSigningVersion)) {
      throw new Error('settings of an endpoint that are not known here');
    }
    const identity =
      sealedIdentity === null
        ? null
        : decodeIdentity(sealer.open(sealedIdentity, placeOfIdentity(endpointId)));
    return {
      keys: row.sealedPairs.flatMap(({ sealed, validUntil }) => {
        const text = sealer.open(sealed, placeOfPair(endpointId));
        return activeKeysOf(text, signatureVersions, validUntil?.getTime() ?? null);
      }),
      customHeaders:
        sealedHeaders === null
          ? {}
          : decodeCustomHeaders(sealer.open(sealedHeaders, placeOfCustomHeaders(endpointId))),
      tls: tlsSettings(minTlsVersion, identity, `${endpointId}/${digest}`),
    };
  } catch (error) {
    deps.onUnreadable(endpointId, error);
    return null;
  }
}
