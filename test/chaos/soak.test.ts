import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { chosenSeed, soak } from '../support/soak.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const seed = chosenSeed(process.env);

it(`a server that is killed again and again loses nothing (KAPSEL_CHAOS_SEED=${seed})`, async () => {
  const result = await soak(database.connectionString, { kills: 10, deadlineMs: 20_000, seed });
  expect(result.kills).toBeGreaterThanOrEqual(3);
  expect(result.events).toBeGreaterThan(0);
  expect(result.checked.heads.length).toBeGreaterThan(0);
}, 120_000);
