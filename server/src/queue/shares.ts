/** Shares of the slots: how much of them an endpoint, a tenant and the retries may hold, and what that leaves to be claimed. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';

/** First attempts and further ones are claimed apart, so that neither crowds out the other. */
export type Lane = 'first' | 'again';

export interface ShareRules {
  /** Deliveries in flight at once in this process. */
  readonly slots: number;
  readonly perEndpoint: number;
  readonly perTenant: number;
}

/** So much of the slots retries may hold at most: the rest is kept for first attempts. */
const AGAIN_SHARE = 0.75;
/** An endpoint that fails holds this part of its share: many of them, all hanging, must not hold everything. */
const FAILING_PART = 8; // as in the claim's statement
/** Where there is more work than slots, one claim in four is for retries. */
const AGAIN_TURNS = 4;

interface Held {
  readonly endpointId: EndpointId;
  readonly tenantId: TenantId;
  readonly lane: Lane;
  /** No delivery of its endpoint has succeeded since one failed. */
  readonly isFailing: boolean;
}

/** What a claim may take of whom. */
export interface Room {
  readonly perEndpoint: number;
  readonly perTenant: number;
  /** Those that hold something: how much more they may. */
  readonly endpoints: ReadonlyMap<EndpointId, number>;
  readonly tenants: ReadonlyMap<TenantId, number>;
}

export class Shares {
  readonly #rules: ShareRules;
  readonly #endpoints = new Map<EndpointId, number>();
  /** Of those that hold something; as the newest claim has seen it. */
  readonly #failing = new Set<EndpointId>();
  readonly #tenants = new Map<TenantId, number>();
  #held = 0;
  #again = 0;
  #turn = 0;

  constructor(rules: ShareRules) {
    this.#rules = rules;
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
    const { perEndpoint, perTenant } = this.#rules;
    return {
      perEndpoint,
      perTenant,
      endpoints: new Map([...this.#endpoints].map(([id, held]) => [id, this.#mostOf(id) - held])),
      tenants: new Map([...this.#tenants].map(([id, held]) => [id, perTenant - held])),
    };
  }

  /** Endpoints and tenants that may not hold more. */
  get full(): number {
    const { perTenant } = this.#rules;
    let full = 0;
    for (const [id, held] of this.#endpoints) if (held >= this.#mostOf(id)) full += 1;
    for (const held of this.#tenants.values()) if (held >= perTenant) full += 1;
    return full;
  }

  #mostOf(id: EndpointId): number {
    const { perEndpoint } = this.#rules;
    return this.#failing.has(id)
      ? Math.max(1, Math.floor(perEndpoint / FAILING_PART))
      : perEndpoint;
  }

  take({ endpointId, tenantId, lane, isFailing }: Held): void {
    if (isFailing) this.#failing.add(endpointId);
    else this.#failing.delete(endpointId);
    this.#held += 1;
    if (lane === 'again') this.#again += 1;
    this.#endpoints.set(endpointId, (this.#endpoints.get(endpointId) ?? 0) + 1);
    this.#tenants.set(tenantId, (this.#tenants.get(tenantId) ?? 0) + 1);
  }

  /** True when it makes room where there was none: then what was passed by may go. */
  give({ endpointId, tenantId, lane }: Held): boolean {
    const { perTenant } = this.#rules;
    const wasFull =
      (this.#endpoints.get(endpointId) ?? 0) >= this.#mostOf(endpointId) ||
      (this.#tenants.get(tenantId) ?? 0) >= perTenant;
    this.#held -= 1;
    if (lane === 'again') this.#again -= 1;
    lower(this.#endpoints, endpointId);
    if (!this.#endpoints.has(endpointId)) this.#failing.delete(endpointId);
    lower(this.#tenants, tenantId);
    return wasFull;
  }
}

function lower<Id>(counts: Map<Id, number>, id: Id): void {
  const count = (counts.get(id) ?? 0) - 1;
  if (count > 0) counts.set(id, count);
  else counts.delete(id);
}
