import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { chosenSeed, soak } from '../support/soak.ts';

const KILLS = 200;
const MINUTE_MS = 60_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const seed = chosenSeed(process.env);

it(
  `nothing is lost at ${KILLS} random kills (KAPSEL_CHAOS_SEED=${seed})`,
  async () => {
    const order = { kills: KILLS, deadlineMs: 25 * MINUTE_MS, seed };
    const result = await soak(database.connectionString, order);
    expect(result.kills).toBe(KILLS);
    expect(result.duringStart).toBeLessThan(KILLS);
    expect(result.events).toBeGreaterThan(KILLS);
  },
  30 * MINUTE_MS,
);
