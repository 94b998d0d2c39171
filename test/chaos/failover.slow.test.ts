/** A primary with two real replicas loses one of them, then dies itself, and the other takes its place: one server, never started again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProofPackage, verifyProofPackage } from '@kapsel/verification';
import { expect, it, vi } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { part } from '../support/parts.ts';
import { startOwnCluster } from '../support/postgres-own-cluster.ts';
import { startStandby } from '../support/postgres-standby.ts';
import { startReceiver } from '../support/receiver-process.ts';
import { ApiClient, startServer, testSettings } from '../support/server-process.ts';

const SOON = { interval: 50, timeout: 30_000 };
const EVENTS = 20;
const PROVED = 15;

it.skipIf(!part('standby'))(
  'reads go on without a replica and without the primary, and all goes on with the new one',
  async () => {
    const cluster = await startOwnCluster();
    const [dying, next] = [
      await startStandby(cluster.connectionString),
      await startStandby(cluster.connectionString),
    ];
    const way = await startDatabaseProxy(cluster.connectionString);
    const folder = await mkdtemp(join(tmpdir(), 'kapsel-failover-'));
    const receiver = await startReceiver();
    const server = await startServer({
      ...testSettings(way.connectionString, folder),
      DATABASE_READ_URLS: `${dying.connectionString},${next.connectionString}`,
    });
    const api = new ApiClient(server.url, server.apiKey ?? '');
    const trust = { keys: [{ publicKey: Buffer.from(server.publicKey, 'hex'), name: null }] };
    const endpoint = await api.endpoint(receiver.url);
    const deliver = async (): Promise<string> => {
      const id = await api.ingest(endpoint, `{"n":${receiver.arrivals.length}}`);
      const { attempts } = await api.eventWhen(id, ({ status }) => status === 'delivered');
      if (attempts[0] === undefined) throw new TypeError('no attempt');
      return api.proof(attempts[0]);
    };
    const packages: string[] = [];
    for (let i = 0; i < EVENTS; i++) packages.push(await deliver());
    const hashes = packages.map((text) =>
      Buffer.from(parseProofPackage(text).leafHash).toString('hex'),
    );
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1] ?? -1,
      );
    };
    const isFresh = (replica: number): Promise<number> =>
      metric(`kapsel_read_replica_fresh{replica="${replica}"}`);
    await vi.waitFor(
      async () => expect([await isFresh(1), await isFresh(2)]).toEqual([1, 1]),
      SOON,
    );
    /** Public reads under another size each time, so that no finished proof and no tile in memory answers. */
    const readAll = (treeSize: number): Promise<number[]> => {
      const paths = hashes.slice(0, PROVED).map((hash) => `proof/${hash}?tree_size=${treeSize}`);
      return Promise.all(
        ['sth', ...paths].map(
          async (path) => (await fetch(`${server.url}/attestation/${path}`)).status,
        ),
      );
    };

    await dying.stop();
    expect(new Set(await readAll(EVENTS))).toEqual(new Set([200]));
    expect((await api.call('GET', '/v1/events')).status).toBe(200);
    await vi.waitFor(async () => expect(await isFresh(1)).toBe(0), SOON);
    expect(await isFresh(2)).toBe(1);

    await cluster.kill('SIGQUIT');
    way.cut();
    expect((await api.call('POST', `/ingest/${endpoint}`, '{}')).status).toBe(503);
    const before = await metric('kapsel_reads_total{from="replica"}');
    expect(new Set(await readAll(EVENTS - 1))).toEqual(new Set([200]));
    expect(await metric('kapsel_reads_total{from="replica"}')).toBeGreaterThan(before);

    await next.promote();
    way.moveTo(next.connectionString);
    // What was accepted before is there, and what comes now is accepted, delivered and proved.
    await vi.waitFor(async () => {
      const { status } = await api.call('POST', `/ingest/${endpoint}`, '{}');
      expect(status).toBe(202);
    }, SOON);
    packages.push(await deliver());
    // It is the primary now, and nobody's replica.
    await vi.waitFor(async () => expect(await isFresh(2)).toBe(0), SOON);
    expect(new Set(await readAll(EVENTS - 2))).toEqual(new Set([200]));
    for (const text of packages) {
      expect(verifyProofPackage(text, trust, { nowMs: Date.now() }).verdict).toBe('verified');
    }
    expect(await server.end()).toMatchObject({ code: 0 });
    const { leaves, waiting } = await checkLog(next.connectionString);
    expect(leaves.length + waiting).toBe(EVENTS + 2);

    await receiver.stop();
    await way.stop();
    await next.stop();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  },
);
