import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ChaosSite, openChaosSite } from '../support/chaos-site.ts';
import type { Trigger } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let site: ChaosSite;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await openChaosSite(database.connectionString);
});
afterEach(async () => {
  await site.close();
  await database.drop();
});

/** The steps between which a crash leaves something behind, by what the server says to PostgreSQL there. */
const POINTS: Readonly<Record<string, Trigger>> = {
  'before the commit of an accepted event': before(/INSERT INTO idempotency_keys/),
  'after the commit of an accepted event, before its 202': after(/INSERT INTO idempotency_keys/),
  'before a claim': before(/INSERT INTO delivery_attempts/),
  'after the commit of a claim, before the request': after(/INSERT INTO delivery_attempts/),
  'before a settlement': before(/UPDATE delivery_attempts/),
  'in the middle of a settlement': after(/UPDATE delivery_attempts/),
  'before the commit of a settlement': before(/UPDATE delivery_attempts[\s\S]*COMMIT$/),
  'after the commit of a settlement': after(/UPDATE delivery_attempts[\s\S]*COMMIT$/),
  'in the middle of sequencing': after(/INSERT INTO merkle_leaves/),
  'before the commit of a sequence': before(/INSERT INTO merkle_leaves[\s\S]*COMMIT$/),
  'between the commit of a sequence and its signature': after(
    /INSERT INTO merkle_leaves[\s\S]*COMMIT$/,
  ),
  'between a signature and its storing': before(/INSERT INTO signed_tree_heads/),
  'between the storing of a head and its publication': after(/INSERT INTO signed_tree_heads/),
};

it('nothing is lost or done twice by a kill at any step', async () => {
  const stopped = new AbortController();
  await (await site.start())?.end();
  const sending = site.keepSending(3, stopped.signal);
  sending.catch(() => undefined); // heard of below
  for (const [name, trigger] of Object.entries(POINTS)) {
    const server = await site.start();
    await site.remember();
    const killed = new Promise<string>((resolve) => {
      site.proxy.arm(trigger, () => {
        server?.signal('SIGKILL');
        resolve(name);
      });
    });
    await killed;
    expect(await server?.ended, name).toMatchObject({ signal: 'SIGKILL' });
    await site.letTimePass();
  }
  const last = await site.start();
  stopped.abort();
  await sending;
  await site.allEnded();
  expect(await last?.end()).toMatchObject({ code: 0 });
  const { leaves } = await site.check();
  // A request that nobody saw end was one of those that the kills cut off.
  expect(leaves.some(({ outcome }) => outcome === 'unknown')).toBe(true);
}, 300_000);

function before(statement: RegExp): Trigger {
  return { kind: 'before', statement };
}

function after(statement: RegExp): Trigger {
  return { kind: 'after', statement };
}
