/** What PostgreSQL tells of itself: read from a real one that was given something to tell. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readVitals } from '../../src/db/vitals.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(async () => {
  await rooms.close();
});

it('tells how old the oldest snapshot is that somebody keeps', async () => {
  const holder = new pg.Client({ connectionString: rooms.connectionString });
  await holder.connect();
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await holder.query('SELECT 1');
  for (let i = 0; i < 20; i++) await rooms.pools.api.query('SELECT pg_current_xact_id()');
  const vitals = await readVitals(rooms.pools.upkeep);
  expect(vitals.oldestXminAge).toBeGreaterThanOrEqual(20);
  expect(vitals.replicationLagSeconds).toBe(0);
  expect(vitals.queueDeadTuples).toBeGreaterThanOrEqual(0);
  await holder.query('ROLLBACK');
  await holder.end();
});
