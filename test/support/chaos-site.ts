/** A server under load between a database that may fail and a destination that keeps count, with a journal of all that was promised. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { vi } from 'vitest';
import type { CheckedLog } from './check-log.ts';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import { type ReceiverProcess, startReceiver } from './receiver-process.ts';
import { type Ending, type Journal, reconcile } from './reconcile.ts';
import {
  ApiClient,
  type ServerProcess,
  type Settings,
  startServer,
  testSettings,
} from './server-process.ts';

/** Short deadlines, so that what a failure leaves behind is soon tried again. */
const SETTINGS: Settings = {
  KAPSEL_DELIVERY_TIMEOUT_MS: '1000',
  KAPSEL_LEASE_MS: '31000',
  KAPSEL_CIRCUIT_OPEN_MS: '500',
  KAPSEL_LOG_LEVEL: 'error',
};
const SETTLING = { interval: 50, timeout: 90_000 };
const SEND_DEADLINE_MS = 8_000;

export interface ChaosSite {
  readonly proxy: DatabaseProxy;
  readonly receiver: ReceiverProcess;
  /** Idempotency keys with what their senders were told. */
  readonly accepted: ReadonlyMap<string, { readonly eventId: string; readonly body: string }>;
  /** Starts a server; answers null when it died while it was starting. The first one makes the endpoint. */
  start(change?: Settings, onSpawned?: (kill: () => void) => void): Promise<ServerProcess | null>;
  /** Sends events one after the other until told to stop; a key that was not answered is sent again, to whichever server runs then. */
  keepSending(senders: number, signal: AbortSignal): Promise<void>;
  /** The database has come back at another place. */
  moveDatabase(connectionString: string): void;
  /** How many times a sender was told to come back later. */
  readonly refusals: () => number;
  /** Takes note of the newest head, and of the package of a delivered event. */
  remember(): Promise<void>;
  /** While no server runs: as if every lease and every wait were over. */
  letTimePass(): Promise<void>;
  /** Resolves when each event has come to an end. */
  allEnded(): Promise<void>;
  /** What was seen from outside until now. */
  journal(): Journal;
  /** After the last server has ended. */
  check(ending?: Ending): Promise<CheckedLog>;
  /** Ends everything that still runs. */
  close(): Promise<void>;
}

export async function openChaosSite(databaseUrl: string): Promise<ChaosSite> {
  let connectionString = databaseUrl;
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-chaos-'));
  const proxy = await startDatabaseProxy(connectionString);
  const receiver = await startReceiver();
  const servers: ServerProcess[] = [];
  const accepted = new Map<string, { eventId: string; body: string }>();
  const unanswered = new Map<string, string>();
  const heads = new Set<string>();
  const packages: { text: string; publicKey: string }[] = [];
  const api = new ApiClient('', '');
  let apiKey: string | null = null;
  let publicKey = '';
  let endpoint = '';
  let [count, refusals] = [0, 0];

  const journal = (): Journal => ({
    accepted,
    arrivals: receiver.arrivals,
    heads: [...heads],
    packages,
  });
  const send = async (key: string, body: string): Promise<void> => {
    unanswered.set(key, body);
    const response = await fetch(`${api.url}/ingest/${endpoint}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'idempotency-key': key },
      body,
      signal: AbortSignal.timeout(SEND_DEADLINE_MS),
    });
    const text = await response.text();
    // Refused for now: the same key is sent again later.
    if (response.status !== 202 && response.status !== 200) {
      refusals += 1;
      return;
    }
    const { event_id: eventId } = JSON.parse(text);
    unanswered.delete(key);
    const before = accepted.get(key);
    if (before !== undefined && before.eventId !== eventId) throw new Error(`two events of ${key}`);
    accepted.set(key, { eventId, body });
  };

  return {
    proxy,
    receiver,
    accepted,
    refusals: () => refusals,
    async start(change = {}, onSpawned) {
      const settings = { ...testSettings(proxy.connectionString, folder), ...SETTINGS, ...change };
      const server = await startServer(settings, onSpawned).catch((error: unknown) => {
        if (endpoint === '') throw error;
        return null; // killed while it started
      });
      if (server === null) return null;
      servers.push(server);
      if (endpoint === '') {
        apiKey = server.apiKey;
        publicKey = server.publicKey;
        const first = new ApiClient(server.url, apiKey ?? '');
        endpoint = await first.endpoint(receiver.url, { max_attempts: 100 });
      }
      api.url = server.url;
      return server;
    },
    async keepSending(senders, signal) {
      const sender = async (): Promise<void> => {
        while (!signal.aborted) {
          const [again] = unanswered;
          if (again !== undefined) unanswered.delete(again[0]);
          count += 1;
          const [key, body] = again ?? [`key-${count}`, `body ${count}`];
          // A connection that breaks leaves open what became of the event: its key stays unanswered.
          const isDown = await send(key, body).then(
            () => false,
            (error: unknown) => {
              if (error instanceof Error && error.message.startsWith('two events')) throw error;
              return true;
            },
          );
          if (isDown && !signal.aborted) await untilReachable(api, signal);
        }
      };
      await Promise.all(Array.from({ length: senders }, sender));
    },
    moveDatabase(changed) {
      connectionString = changed;
      proxy.moveTo(changed);
    },
    async remember() {
      const head = await fetch(`${api.url}/attestation/sth`);
      if (head.status === 200) heads.add(await head.text());
      const [known] = [...accepted.values()].slice(-200);
      if (known === undefined) return;
      const client = new ApiClient(api.url, apiKey ?? '');
      const { attempts } = await client.event(known.eventId);
      const [attempt] = attempts;
      if (attempt?.outcome === undefined || attempt.outcome === null) return;
      const proof = await client.call('GET', attempt.proof_url);
      if (proof.status === 200) packages.push({ text: await proof.text(), publicKey });
    },
    letTimePass: () =>
      withClient(connectionString, async (client) => {
        await client.query('UPDATE delivery_queue SET run_at = now()');
      }),
    allEnded: () =>
      withClient(connectionString, (client) =>
        vi.waitFor(async () => {
          const { rows } = await client.query<{ open: number; waiting: number }>(
            `SELECT (SELECT count(*)::int FROM delivery_queue) AS open,
                    (SELECT count(*)::int FROM pending_leaves) AS waiting`,
          );
          const [left] = rows;
          if (left === undefined || left.open + left.waiting > 0) {
            throw new Error(`not ended: ${JSON.stringify(left)}`);
          }
        }, SETTLING),
      ),
    journal,
    check: (ending) => reconcile(connectionString, journal(), ending),
    async close() {
      for (const server of servers) await server.end('SIGKILL');
      await proxy.stop();
      await receiver.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReachable(api: ApiClient, signal: AbortSignal): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!signal.aborted) await fetch(`${api.url}/health/live`);
    },
    { interval: 20, timeout: 60_000 },
  );
}

async function withClient<T>(
  connectionString: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString, application_name: 'chaos-site' });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
