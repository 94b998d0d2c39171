/** Story: free slots are filled with due deliveries, first attempts and retries in turn, nobody beyond its share. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { type EndpointId, newId } from '../base/ids.ts';
import { type Claim, claimAcrossTenants, claimOfAcrossTenants } from './claim-store.ts';
import type { SendableJob } from './job.ts';
import type { Lane, Shares } from './shares.ts';
import { listWaitingAcrossTenants } from './turn-store.ts';

export interface ClaimDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly shares: Shares;
  readonly leaseMs: number;
}

/** A claimed delivery, and by the monotonic clock the end of its lease: never later than the database sees it. */
export interface Taken {
  readonly job: SendableJob;
  readonly lane: Lane;
  readonly leaseEndsMs: number;
}

const MAX_CLAIM = 256;
/** Endpoints that one turn walks past. */
const TURN_STEPS = 256;

export class Claims {
  readonly #deps: ClaimDeps;
  /** Where the next turn around the endpoints begins, by lane. */
  readonly #turns = new Map<Lane, EndpointId | null>();

  constructor(deps: ClaimDeps) {
    this.#deps = deps;
  }

  /** One round: hands each delivery to `start` as soon as it is claimed. Answers whether there may be more. */
  async round(start: (taken: Taken) => void): Promise<boolean> {
    const { shares } = this.#deps;
    let mayBeMore = false;
    for (const lane of shares.nextOrder()) {
      const most = Math.min(MAX_CLAIM, shares.freeFor(lane));
      if (most <= 0) continue;
      const fullBefore = shares.full;
      const { jobs, isClipped, isCut } = await this.#claim(lane, most, start);
      // More first attempts than one claim takes: retries wait for their turn.
      if (jobs === most && lane === 'first') return true;
      // Rows may have been left because somebody's share came to its end: then others are next.
      if (jobs === most || isCut || shares.full > fullBefore) mayBeMore = true;
      if (
        isClipped &&
        !isCut &&
        jobs < most &&
        (await this.#claimInTurn(lane, most - jobs, start))
      ) {
        mayBeMore = true;
      }
    }
    return mayBeMore;
  }

  async #claim(
    lane: Lane,
    most: number,
    start: (taken: Taken) => void,
  ): Promise<{ jobs: number; isClipped: boolean; isCut: boolean }> {
    const claim = this.#claimOf(most);
    const leaseEndsMs = this.#leaseEndsMs();
    const { jobs, isClipped, isCut } = await claimAcrossTenants(this.#deps.pool, lane, claim);
    for (const job of jobs) start({ job, lane, leaseEndsMs });
    return { jobs: jobs.length, isClipped, isCut };
  }

  // What is due longest is not the caller's to send, and hides all the rest: a dead endpoint's backlog, or that of one
  // that has its share. So the endpoints are asked in turn, some at a time.
  async #claimInTurn(lane: Lane, most: number, start: (taken: Taken) => void): Promise<boolean> {
    const { pool, shares } = this.#deps;
    const after = this.#turns.get(lane) ?? null;
    const turn = await listWaitingAcrossTenants(pool, lane, shares.room(), after, TURN_STEPS);
    this.#turns.set(lane, turn.next);
    if (turn.endpoints.length === 0) return turn.next !== null;
    const each = Math.max(1, Math.floor(most / turn.endpoints.length));
    const leaseEndsMs = this.#leaseEndsMs();
    const claim = this.#claimOf(most);
    const jobs = await claimOfAcrossTenants(pool, turn.endpoints, [lane], each, claim);
    for (const job of jobs) start({ job, lane, leaseEndsMs });
    return jobs.length > 0 || turn.next !== null;
  }

  #claimOf(most: number): Claim {
    const { clock, leaseMs, shares } = this.#deps;
    const nowMs = clock.nowMs();
    const attemptIds = Array.from({ length: most }, () => newId<'delivery_attempt'>(nowMs));
    return { attemptIds, leaseMs, nowMs, room: shares.room() };
  }

  #leaseEndsMs(): number {
    return this.#deps.clock.monotonicMs() + this.#deps.leaseMs;
  }
}
