/** What the server itself writes is whole: deliveries, lost leases, idle heads, planned and emergency rotations, cosigned heads. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { openFolderSink } from '../../src/attestation/folder-sink.ts';
import { rotateKey } from '../../src/attestation/rotate-key.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import { exportLog } from '../../src/attestation/tile-export.ts';
import { LogAudit } from '../../src/audit/audit.ts';
import type { Contradiction } from '../../src/audit/contradiction.ts';
import { systemClock } from '../../src/base/clock.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { createKeyRing, openLogSigner } from '../../src/keys/key-ring.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import type { Log } from '../../src/logs/log.ts';
import { reapExpired } from '../../src/queue/reap.ts';
import { settleAcrossTenants } from '../../src/queue/store.ts';
import { claim, makeEvent, settlement, unreachable } from '../support/deliveries.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { settlingOf } from '../support/settling.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let database: TestDatabase;
let pools: Pools;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  pools = openPools(database.connectionString, () => undefined);
  folder = await mkdtemp(join(tmpdir(), 'kapsel-real-'));
});
afterAll(async () => {
  await closePools(pools);
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function audit(log: Log): Promise<{ found: Contradiction[]; report: LogAudit['report'] }> {
  const found: Contradiction[] = [];
  const pass = new LogAudit(pools.upkeep, log, {
    chunk: 256,
    bodiesOneIn: 1,
    onContradiction: (contradiction) => found.push(contradiction),
    pause: async () => undefined,
  });
  while (await pass.step());
  return { found, report: pass.report };
}

it('finds nothing in a log that the server wrote', async () => {
  const nowMs = systemClock.nowMs();
  const log = await ensureSharedLog(pools.sequencer, 'log.kapsel.example/real', nowMs);
  const places = new KeyPlaces({
    firstKeyFile: join(folder, 'key.pem'),
    keysDir: join(folder, 'keys'),
    passphrase: null,
    environment: null,
  });
  await openLogSigner(pools.sequencer, log, places, nowMs);
  const signing = {
    pool: pools.sequencer,
    clock: systemClock,
    ring: createKeyRing(places),
    published: memoryHeads(),
  };
  const commit = async (): Promise<void> => {
    while ((await sequence(pools.sequencer, log)).more);
    await signHead({ ...signing, pace: { growingMs: 0, idleMs: 0 } }, log);
  };
  const { tenantId } = await makeTenant(pools.api);
  const endpoint = await makeEndpoint(pools.api, tenantId);
  const deliver = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await makeEvent(pools.ingest, endpoint, Buffer.from(`body ${i}`));
      await inTransaction(pools.worker, async (db) => {
        const [job] = await claim(db, 1);
        if (job === undefined) throw new Error('the event was not due');
        await settleAcrossTenants(db, [
          i % 3 === 2 ? settlement(job, unreachable(job)) : settlement(job),
        ]);
      });
    }
  };
  await deliver(30);
  await commit();
  // The same tree, signed again.
  await commit();
  // A worker that died: its lease ends, and the attempt is unknown.
  await makeEvent(pools.ingest, endpoint);
  expect(await claim(pools.worker, 1, 1)).toHaveLength(1);
  while ((await reapExpired(settlingOf({ pools }), () => 0)) === 0);
  await commit();
  await rotateKey({ ...signing, places }, log, {
    nextSigner: () => places.make(),
    stolenAtMs: null,
  });
  await deliver(9);
  await commit();
  const stolenAtMs = systemClock.nowMs() - 1;
  await rotateKey({ ...signing, places }, log, { nextSigner: () => places.make(), stolenAtMs });
  await deliver(3);
  await commit();
  // Attempts that are settled and wait for their place.
  await deliver(2);

  const { found, report } = await audit(log);
  expect(found).toEqual([]);
  // 30 + 1 + 9 + 3 deliveries; two rotations and a revocation.
  expect(report).toMatchObject({ treeSize: 46, checkedLeaves: 46, checkedBodies: 43 });
  expect(report.checkedHeads).toBeGreaterThanOrEqual(6);
  const sink = openFolderSink(join(folder, 'tiles'));
  const exported = await exportLog({ pool: pools.upkeep, clock: systemClock, sink }, log, null);
  expect(exported?.treeSize).toBe(46);
});
