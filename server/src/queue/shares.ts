/** Shares of the slots: how much of them an endpoint, a tenant and the retries may hold, and what that leaves to be claimed. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { CircuitResult } from '../delivery/circuit.ts';
import {
  type TokenLimit,
  type TokenState,
  takeTokens,
  tokensLeft,
} from '../tenants/token-bucket.ts';
import { allowanceOf, isProven, isStalled, NO_TRUST, type Trust, trustAfter } from './trust.ts';

/** First attempts and further ones are claimed apart, so that neither crowds out the other. */
export type Lane = 'first' | 'again';

export interface ShareRules {
  /** Deliveries in flight at once in this process. */
  readonly slots: number;
  readonly perEndpoint: number;
  readonly perTenant: number;
  /** For an endpoint that has not succeeded here, or fails. */
  readonly perUnproven: number;
  /** For all of these together: the rest is kept for those that answer. */
  readonly unproven: number;
}

/** So much of the slots retries may hold at most: the rest is kept for first attempts. */
const AGAIN_SHARE = 0.75;
/** Where there is more work than slots, one claim in four is for retries. */
const AGAIN_TURNS = 4;
/** Endpoints that are remembered while they hold nothing; the rest begin anew. A claim tells all of them. */
const MAX_IDLE = 1_024;

interface Held {
  readonly endpointId: EndpointId;
  readonly tenantId: TenantId;
  readonly lane: Lane;
  /** No delivery of its endpoint has succeeded since one failed. */
  readonly isFailing: boolean;
  /** So many deliveries of its endpoint may begin a second, and as many at once; null is no limit. */
  readonly maxPerS: number | null;
}

/** What a claim may take of whom. */
export interface Room {
  /** For one that is not listed. */
  readonly perUnproven: number;
  readonly perTenant: number;
  /** For all together that are not listed as proven. */
  readonly unproven: number;
  /** Those that are known: how much more they may hold. */
  readonly endpoints: ReadonlyMap<EndpointId, EndpointRoom>;
  /** Those that hold something: how much more they may. */
  readonly tenants: ReadonlyMap<TenantId, number>;
}

export interface EndpointRoom {
  readonly left: number;
  readonly isProven: boolean;
}

interface Standing {
  held: number;
  trust: Trust;
  /** As the newest claim has seen it. */
  isFailing: boolean;
  /** Monotonic: when it last succeeded, or began to hold something. */
  sinceMs: number;
  /** As the newest claim has seen it, and what of it is used. */
  maxPerS: number | null;
  pace: TokenState | null;
}

/** In the memory of one process: others learn for themselves. */
export class Shares {
  readonly #rules: ShareRules;
  readonly #monotonicMs: () => number;
  /** The longest unused first. */
  readonly #endpoints = new Map<EndpointId, Standing>();
  readonly #tenants = new Map<TenantId, number>();
  #held = 0;
  #again = 0;
  #turn = 0;

  constructor(rules: ShareRules, monotonicMs: () => number) {
    this.#rules = rules;
    this.#monotonicMs = monotonicMs;
  }

  get held(): number {
    return this.#held;
  }

  get free(): number {
    return this.#rules.slots - this.#held;
  }

  /** How many more a lane may hold. */
  freeFor(lane: Lane): number {
    if (lane === 'first') return this.free;
    const most = Math.max(1, Math.floor(this.#rules.slots * AGAIN_SHARE));
    return Math.min(this.free, most - this.#again);
  }

  /** The order of the next claim: the second lane gets what the first one leaves. */
  nextOrder(): readonly [Lane, Lane] {
    this.#turn = (this.#turn + 1) % AGAIN_TURNS;
    return this.#turn === 0 ? ['again', 'first'] : ['first', 'again'];
  }

  room(): Room {
    const { perUnproven, perTenant } = this.#rules;
    const nowMs = this.#monotonicMs();
    return {
      perUnproven,
      perTenant,
      unproven: this.#unprovenLeft(nowMs),
      endpoints: new Map([...this.#endpoints].map(([id, each]) => [id, this.#roomOf(each, nowMs)])),
      tenants: new Map([...this.#tenants].map(([id, held]) => [id, perTenant - held])),
    };
  }

  /** Endpoints and tenants that may not hold more; the unproven count as one. */
  get full(): number {
    const { perTenant } = this.#rules;
    const nowMs = this.#monotonicMs();
    let full = this.#unprovenLeft(nowMs) <= 0 ? 1 : 0;
    for (const each of this.#endpoints.values()) {
      if (this.#roomOf(each, nowMs).left <= 0) full += 1;
    }
    for (const held of this.#tenants.values()) if (held >= perTenant) full += 1;
    return full;
  }

  take({ endpointId, tenantId, lane, isFailing, maxPerS }: Held): void {
    const nowMs = this.#monotonicMs();
    const each = this.#use(endpointId, nowMs);
    if (each.held === 0) each.sinceMs = nowMs;
    each.held += 1;
    each.isFailing = isFailing;
    each.maxPerS = maxPerS;
    if (maxPerS !== null)
      each.pace = takeTokens(each.pace, 1, limitOf(maxPerS), Math.floor(nowMs)).state;
    this.#held += 1;
    if (lane === 'again') this.#again += 1;
    this.#tenants.set(tenantId, (this.#tenants.get(tenantId) ?? 0) + 1);
  }

  /** True when it makes room where there was none: then what was passed by may go. */
  give({ endpointId, tenantId, lane }: Held, result: CircuitResult): boolean {
    const nowMs = this.#monotonicMs();
    const each = this.#use(endpointId, nowMs);
    const before = this.#roomOf(each, nowMs);
    const wasOthersFull =
      (this.#tenants.get(tenantId) ?? 0) >= this.#rules.perTenant ||
      (!before.isProven && this.#unprovenLeft(nowMs) <= 0);
    each.held -= 1;
    each.trust = trustAfter(each.trust, result, this.#trustRules);
    if (result === 'success') {
      each.isFailing = false;
      each.sinceMs = nowMs;
    }
    this.#held -= 1;
    if (lane === 'again') this.#again -= 1;
    lower(this.#tenants, tenantId);
    // One that has used up its pace has no more room than before.
    return wasOthersFull || (before.left <= 0 && this.#roomOf(each, nowMs).left > 0);
  }

  get #trustRules(): { first: number; most: number } {
    return { first: this.#rules.perUnproven, most: this.#rules.perEndpoint };
  }

  #roomOf(each: Standing, nowMs: number): EndpointRoom {
    const { held, trust, isFailing, sinceMs, maxPerS, pace } = each;
    const isDoubtful = isFailing || (held > 0 && isStalled(sinceMs, nowMs));
    const allowance = allowanceOf(isDoubtful ? Math.min(trust, NO_TRUST) : trust, this.#trustRules);
    const paced =
      maxPerS === null
        ? Number.POSITIVE_INFINITY
        : tokensLeft(pace, limitOf(maxPerS), Math.floor(nowMs));
    return {
      left: Math.min(allowance - held, paced),
      isProven: isProven(trust) && !isDoubtful,
    };
  }

  #unprovenLeft(nowMs: number): number {
    let left = this.#rules.unproven;
    for (const each of this.#endpoints.values()) {
      if (each.held > 0 && !this.#roomOf(each, nowMs).isProven) left -= each.held;
    }
    return left;
  }

  #use(id: EndpointId, nowMs: number): Standing {
    const known = this.#endpoints.get(id);
    const each = known ?? newcomer(nowMs);
    this.#endpoints.delete(id);
    if (known === undefined) this.#forgetOne();
    this.#endpoints.set(id, each);
    return each;
  }

  #forgetOne(): void {
    if (this.#endpoints.size < MAX_IDLE) return;
    for (const [id, { held }] of this.#endpoints) {
      if (held > 0) continue;
      this.#endpoints.delete(id);
      return;
    }
  }
}

function newcomer(nowMs: number): Standing {
  return {
    held: 0,
    trust: NO_TRUST,
    isFailing: false,
    sinceMs: nowMs,
    maxPerS: null,
    pace: null,
  };
}

function limitOf(maxPerS: number): TokenLimit {
  return { ratePerS: maxPerS, burst: maxPerS };
}

function lower<Id>(counts: Map<Id, number>, id: Id): void {
  const count = (counts.get(id) ?? 0) - 1;
  if (count > 0) counts.set(id, count);
  else counts.delete(id);
}
