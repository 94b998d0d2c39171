/** Which log a request is about, and whether the caller may see it: a private one is as unknown to everybody else. @module */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.ts';
import { notFound } from '../base/failure.ts';
import type { Reads } from '../db/reads.ts';
import { logForTenant } from '../logs/for-tenant.ts';
import type { Log } from '../logs/log.ts';
import { findLogByName } from '../logs/store.ts';
import type { Caller } from '../tenants/store.ts';

export interface LogChoiceDeps {
  readonly reads: Reads;
  readonly clock: Clock;
  /** The shared log. */
  readonly log: Log;
}

/** Without a name: the log of the caller's tenant, for everybody else the shared one. Failure `not_found`. */
export type ChooseLog = (caller: Caller | null, name?: string) => Promise<Log>;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const MAX_NAMES = 1_000;
// A log that was made private, or renamed, is so everywhere after this time.
const NAME_TTL_MS = 1_000;

export function createLogChoice({ reads, clock, log: sharedLog }: LogChoiceDeps): ChooseLog {
  /** Names that are no log are kept too: asking for them must not cost more than asking for others. */
  const named = new LRUCache<string, { readonly log: Log | null }>({
    max: MAX_NAMES,
    ttl: NAME_TTL_MS,
    ttlResolution: 0,
    perf: { now: () => 1 + clock.monotonicMs() }, // a start of 0 counts as none
  });

  async function findByName(name: string): Promise<Log | null> {
    if (!NAME.test(name)) return null;
    const known = named.get(name);
    if (known !== undefined) return known.log;
    const log = await reads.newest((db) => findLogByName(db, name));
    named.set(name, { log });
    return log;
  }

  async function find(caller: Caller | null, name: string | undefined): Promise<Log | null> {
    if (name !== undefined) return findByName(name);
    return caller === null ? sharedLog : reads.newest((db) => logForTenant(db, caller.tenantId));
  }

  return async function chooseLog(caller, name) {
    const log = await find(caller, name);
    if (log === null || !maySee(caller, log)) throw notFound();
    return log;
  };
}

function maySee(caller: Caller | null, log: Log): boolean {
  if (log.isPublic) return true;
  return (
    caller !== null && caller.tenantId === log.tenantId && caller.scopes.includes('proofs:read')
  );
}
