/** A whole installation that has delivered one event and was stopped: for what looks at one from outside, and breaks it. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { startApp } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { openJournal } from './journal.ts';
import { answerWith, openReceiver } from './receiver.ts';

export interface StoppedInstallation {
  readonly folder: string;
  readonly connectionString: string;
  /** With which it ran. */
  readonly env: Readonly<Record<string, string>>;
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The change, `work`, and what undoes the change. */
  whileChanged<T>(change: string, undo: string, work: () => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

export async function makeInstallation(): Promise<StoppedInstallation> {
  const database = await createTestDatabase();
  const { connectionString } = database;
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-installation-'));
  const env = {
    DATABASE_URL: connectionString,
    KAPSEL_DATA: folder,
    KAPSEL_PORT: '0',
    KAPSEL_EGRESS_ALLOW: '127.0.0.1',
    KAPSEL_ALLOW_HTTP: '1',
    KAPSEL_HEAD_INTERVAL_MS: '100',
    KAPSEL_SEQUENCE_INTERVAL_MS: '10',
    KAPSEL_UNSAFE_DURABILITY: '1',
  };
  const sql: StoppedInstallation['sql'] = async (text, values = []) => {
    // A database that a test made read-only is mended too.
    const options = '-c default_transaction_read_only=off';
    const client = new pg.Client({ connectionString, options });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  await deliverOne(connectionString, env, async () => {
    const [row] = await sql<{ size: string | null }>(
      'SELECT max(tree_size) AS size FROM signed_tree_heads',
    );
    if (row?.size !== '1') throw new Error('no head is signed over the leaf yet');
  });
  return {
    folder,
    connectionString,
    env,
    sql,
    async whileChanged(change, undo, work) {
      await sql(change);
      try {
        return await work();
      } finally {
        await sql(undo);
      }
    },
    async remove() {
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
}

async function deliverOne(
  connectionString: string,
  env: Readonly<Record<string, string>>,
  assertSigned: () => Promise<void>,
): Promise<void> {
  const receiver = await openReceiver(answerWith(200));
  const app = await startApp({
    config: readConfig(env),
    connectionString,
    clock: systemClock,
    logger: openJournal(),
    random: () => 0,
  });
  try {
    const headers = { authorization: `Bearer ${app.firstApiKey}` };
    const made = await fetch(`${app.url}/v1/endpoints`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ url: receiver.url }),
    });
    const { id } = (await made.json()) as { id: string };
    await fetch(`${app.url}/ingest/${id}`, { method: 'POST', headers, body: 'hello' });
    await vi.waitFor(assertSigned, { interval: 50, timeout: 15_000 });
  } finally {
    await app.stop();
    await receiver.close();
  }
}
