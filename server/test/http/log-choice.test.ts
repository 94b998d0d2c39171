import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { primaryReads } from '../../src/db/reads.ts';
import { type ChooseLog, createLogChoice } from '../../src/http/log-choice.ts';
import { SCOPES } from '../../src/tenants/api-key.ts';
import type { Caller } from '../../src/tenants/store.ts';
import { type BenchLog, makeLog, START_MS } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { countQueries } from '../support/proofs.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeTenant } from '../support/tenant.ts';

const NOT_FOUND = { kind: 'not_found' };

let rooms: Rooms;
let open: BenchLog;
let closed: BenchLog;
let clock: ManualClock;
let choose: ChooseLog;
let queries: () => number;
beforeAll(async () => {
  rooms = await openRooms();
  open = await makeLog(rooms.pools.api);
  closed = await makeLog(rooms.pools.api);
  await rooms.pools.api.query('UPDATE logs SET is_public = false WHERE id = $1', [closed.id]);
});
beforeEach(() => {
  clock = new ManualClock(START_MS);
  const { pool, count } = countQueries(rooms.pools.api);
  queries = count;
  choose = createLogChoice({ reads: primaryReads(pool), clock, log: rooms.log });
});
afterAll(() => rooms.close());

const ownerOf = ({ tenantId }: BenchLog, scopes: Caller['scopes'] = SCOPES): Caller => ({
  tenantId,
  scopes,
});

describe('without a name', () => {
  it('is the shared log for everybody without a key, and asks nobody', async () => {
    expect((await choose(null)).id).toBe(rooms.log.id);
    expect(queries()).toBe(0);
  });

  it('is the own log of a tenant that has one, else the shared one', async () => {
    expect((await choose(ownerOf(open))).id).toBe(open.id);
    expect((await choose(ownerOf(closed))).id).toBe(closed.id);
    expect((await choose(await makeTenant(rooms.pools.api))).id).toBe(rooms.log.id);
    const others = SCOPES.filter((scope) => scope !== 'proofs:read');
    expect((await choose(ownerOf(open, others))).id).toBe(open.id);
    await expect(choose(ownerOf(closed, others))).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('with a name', () => {
  it('is that log for everybody, when it is public', async () => {
    for (const caller of [null, ownerOf(open), ownerOf(closed)]) {
      expect((await choose(caller, open.name)).id).toBe(open.id);
      expect((await choose(caller, 'shared')).id).toBe(rooms.log.id);
    }
  });

  it('is a private log for a key of its tenant that may read proofs, and unknown to others', async () => {
    expect((await choose(ownerOf(closed), closed.name)).id).toBe(closed.id);
    expect((await choose(ownerOf(closed, ['proofs:read']), closed.name)).id).toBe(closed.id);
    for (const caller of [null, ownerOf(open), ownerOf(closed, ['events:read'])]) {
      await expect(choose(caller, closed.name)).rejects.toMatchObject(NOT_FOUND);
    }
  });

  it('finds nothing under what is no name, and asks nobody', async () => {
    for (const name of ['', 'UPPER', '-x', 'a b', 'a'.repeat(64), '../shared', '\u0000', 'é']) {
      await expect(choose(null, name)).rejects.toMatchObject(NOT_FOUND);
    }
    expect(queries()).toBe(0);
  });

  it('is remembered for a second, also when there is none', async () => {
    const name = `later-${randomUUID()}`;
    for (let i = 0; i < 3; i++) {
      await choose(null, open.name);
      await expect(choose(null, name)).rejects.toMatchObject(NOT_FOUND);
    }
    expect(queries()).toBe(2);
    await rooms.pools.api.query('UPDATE logs SET name = $2 WHERE id = $1', [open.id, name]);
    clock.advance(1_001);
    expect((await choose(null, name)).id).toBe(open.id);
    await expect(choose(null, open.name)).rejects.toMatchObject(NOT_FOUND);
    await rooms.pools.api.query('UPDATE logs SET name = $2 WHERE id = $1', [open.id, open.name]);
  });
});
