/** Tiers: what tenants may ask for a second, by name; and what each address may that shows no key. @module */
import { assertTokenLimit, type TokenLimit } from './token-bucket.ts';

/** What is counted apart: accepting events, the management API, and proofs. */
export const RATE_CLASSES = ['ingest', 'api', 'proof'] as const;
export type RateClass = (typeof RATE_CLASSES)[number];

/** Null is no limit. */
export type RateLimits = Readonly<Record<RateClass, TokenLimit | null>>;

export interface Tiers {
  readonly byName: ReadonlyMap<string, RateLimits>;
  /** Of one address without a key, over all that is public. */
  readonly public: TokenLimit | null;
}

/** The tier of whoever runs a server for themselves: the first tenant of a database has it. */
export const UNLIMITED_TIER = 'unlimited';
/** What counts for a tenant whose tier has no meaning to this server: the least, never no limit. */
const STRICTEST_TIER = 'free';
const PUBLIC = 'public';
const TIER_NAME = /^[a-z0-9_-]{1,32}$/;
const MAX_TIERS = 100;

const DEFAULTS = {
  free: { rate: 10, burst: 20 },
  standard: { rate: 1_000, burst: 2_000 },
  enterprise: { rate: 10_000, burst: 20_000 },
  [UNLIMITED_TIER]: null,
  [PUBLIC]: { rate: 200, burst: 1_000 },
} as const;

/**
 * The tiers of `KAPSEL_TIERS`: `{"gold":{"rate":500,"burst":1000,"ingest":{"rate":5000,"burst":9000}},"open":null}`.
 * Each replaces the default of its name; "" gives the defaults. Throws an Error whose message completes "KAPSEL_TIERS …".
 */
export function parseTiers(json: string): Tiers {
  const given = json === '' ? {} : membersOf(readJson(json), 'a JSON object of tiers');
  if (Object.keys(given).length > MAX_TIERS) throw new Error(`has more than ${MAX_TIERS} tiers`);
  const byName = new Map<string, RateLimits>();
  const all = { ...DEFAULTS, ...given };
  for (const [name, value] of Object.entries(all)) {
    if (!TIER_NAME.test(name)) throw new Error('has a tier whose name is not [a-z0-9_-]{1,32}');
    if (name === PUBLIC) continue;
    byName.set(
      name,
      completing(`has "${name}"`, () => readLimits(value, null)),
    );
  }
  const open = all[PUBLIC] as unknown;
  return {
    byName,
    public:
      open === null ? null : completing(`has "${PUBLIC}"`, () => readLimit(membersOf(open), [])),
  };
}

/** What a tenant may ask for; `isKnown` is false where its row says what this server cannot read. */
export function limitsOf(
  { byName }: Tiers,
  tier: string,
  override: unknown,
): { readonly limits: RateLimits; readonly isKnown: boolean } {
  const own = byName.get(tier);
  const base = own ?? byName.get(STRICTEST_TIER);
  if (base === undefined) throw new TypeError(`there is no tier "${STRICTEST_TIER}"`);
  if (override === null) return { limits: base, isKnown: own !== undefined };
  try {
    return { limits: readLimits(override, base), isKnown: own !== undefined };
  } catch {
    // Whoever wrote the row made a mistake: the tier counts, and the operator is told.
    return { limits: base, isKnown: false };
  }
}

/** `rate` and `burst` for all classes, and single classes that differ; what is not named is as in `base`. */
function readLimits(value: unknown, base: RateLimits | null): RateLimits {
  if (value === null) return { ingest: null, api: null, proof: null };
  const members = membersOf(value);
  const hasAll = 'rate' in members || 'burst' in members;
  const all = hasAll ? readLimit(members, RATE_CLASSES) : null;
  if (!hasAll) assertNames(members, RATE_CLASSES);
  const limitFor = (name: RateClass): TokenLimit | null => {
    const own = members[name];
    if (own === null) return null;
    if (own !== undefined) return readLimit(membersOf(own), []);
    if (hasAll) return all;
    if (base === null) throw new Error(`without "rate" and "burst", and without "${name}"`);
    return base[name];
  };
  return { ingest: limitFor('ingest'), api: limitFor('api'), proof: limitFor('proof') };
}

function readLimit(members: Members, others: readonly string[]): TokenLimit {
  assertNames(members, ['rate', 'burst', ...others]);
  const { rate, burst } = members;
  if (typeof rate !== 'number' || typeof burst !== 'number') {
    throw new Error('without the numbers "rate" and "burst"');
  }
  const limit = { ratePerS: rate, burst };
  try {
    assertTokenLimit(limit);
  } catch (cause) {
    throw new Error('with "rate" not in 1 to 100000 or "burst" not in 1 to 10000000', { cause });
  }
  return limit;
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown, wanted = 'an object or null'): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw new Error(wanted === 'an object or null' ? 'that is not an object' : `wants ${wanted}`);
}

function assertNames(members: Members, known: readonly string[]): void {
  if (Object.keys(members).every((name) => known.includes(name))) return;
  throw new Error(`with a member that is not one of ${known.join(', ')}`);
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error('is not JSON', { cause });
  }
}

function completing<T>(start: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${start} ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}
