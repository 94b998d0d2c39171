/** Two servers and one Redis: one limit for both, also while Redis dies in the middle and comes back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { part } from '../support/parts.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type RedisProcess, startRedis } from '../support/redis-process.ts';
import { type ServerProcess, startServer, testSettings } from '../support/server-process.ts';

const BURST = 40;
const RATE = 2;
const LANES = 8;

describe.skipIf(!part('redis'))('two servers with one Redis', () => {
  let folder: string;
  let database: TestDatabase;
  let redis: RedisProcess;
  const servers: ServerProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kapsel-shared-'));
    database = await createTestDatabase();
    redis = await startRedis();
    for (let i = 0; i < 2; i++) {
      servers.push(
        await startServer({
          ...testSettings(database.connectionString, folder),
          KAPSEL_REDIS_URL: redis.url,
          KAPSEL_TIERS: JSON.stringify({
            unlimited: { api: { rate: RATE, burst: BURST }, ingest: null, proof: null },
          }),
        }),
      );
    }
  });
  afterAll(async () => {
    for (const server of servers) await server.end();
    await redis.kill();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (i: number): Promise<Response> =>
    fetch(`${servers[i % 2]?.url}/v1/endpoints`, {
      headers: { authorization: `Bearer ${servers[0]?.apiKey}` },
    });

  /** The statuses of `count` requests, sent to both in turn, and the time that they took. */
  async function storm(count: number): Promise<{ ok: number; limited: number; seconds: number }> {
    const startMs = performance.now();
    const statuses: number[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) statuses.push((await ask(next++)).status);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const of = (status: number): number => statuses.filter((each) => each === status).length;
    // No request ever sees that Redis is away.
    expect(of(200) + of(429)).toBe(count);
    return { ok: of(200), limited: of(429), seconds: (performance.now() - startMs) / 1_000 };
  }

  it('admit together what one of them may', async () => {
    const { ok, seconds } = await storm(4 * BURST);
    expect(ok).toBeLessThanOrEqual(BURST + RATE * (seconds + 0.1));
    expect(ok).toBeGreaterThanOrEqual(BURST);
    // Time has given a token or two back.
    let refused = await ask(1);
    for (let i = 0; i < BURST && refused.status === 200; i++) refused = await ask(1);
    expect(refused.status).toBe(429);
    const waitS = Number(refused.headers.get('retry-after'));
    expect(waitS).toBeGreaterThanOrEqual(1);
    // The promise is kept on the other server too.
    await new Promise((resolve) => setTimeout(resolve, waitS * 1_000 + 5));
    expect((await ask(0)).status).toBe(200);
  });

  it('go on for themselves when it is killed under load, and together when it is back', async () => {
    const running = storm(4 * BURST);
    await redis.kill();
    const killedMs = performance.now();
    await running;
    const alone = await storm(4 * BURST);
    const sinceKillS = (performance.now() - killedMs) / 1_000;
    // Each server has a burst of its own; what the storm before took of it is gone.
    expect(alone.ok).toBeLessThanOrEqual(2 * (BURST + RATE * (sinceKillS + 0.1)));
    expect(alone.limited).toBeGreaterThan(0);
    await redis.start();
    // Redis has forgotten everything: the whole burst is there once more, for both together.
    await vi.waitFor(
      async () => {
        const before = await fallbacks();
        await ask(0);
        await ask(1);
        expect(await fallbacks()).toBe(before);
      },
      { timeout: 15_000, interval: 100 },
    );
    const { ok, seconds } = await storm(4 * BURST);
    expect(ok).toBeLessThanOrEqual(BURST + RATE * (seconds + 0.1));
  });

  async function fallbacks(): Promise<number> {
    const texts = await Promise.all(
      servers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
    );
    return texts
      .map((text) => Number(/^kapsel_rate_limit_fallbacks_total (\d+)$/m.exec(text)?.[1]))
      .reduce((sum, each) => sum + each, 0);
  }
});
