/** The rooms of a server on a database of their own, wired as `app.ts` wires them but without its loops. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { openLogSigner } from '../../src/keys/key-ring.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import type { Log } from '../../src/logs/log.ts';
import { ringOf } from './log-bench.ts';
import { memoryHeads } from './published-memory.ts';

export interface Rooms {
  readonly connectionString: string;
  readonly pools: Pools;
  readonly log: Log;
  readonly signer: Signer;
  /** Numbers the leaves that wait and signs a head over them. */
  commit(): Promise<TreeHead>;
  close(): Promise<void>;
}

export const TEST_ORIGIN = 'log.kapsel.example/rooms';

/** Call `close` in `afterAll`. */
export async function openRooms(): Promise<Rooms> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-rooms-'));
  // Tests that end connections see it in what they asked for, not here.
  const pools = openPools(database.connectionString, () => undefined);
  const nowMs = systemClock.nowMs();
  const log = await ensureSharedLog(pools.sequencer, TEST_ORIGIN, nowMs);
  const places = new KeyPlaces({
    firstKeyFile: join(folder, 'key.pem'),
    keysDir: join(folder, 'keys'),
    passphrase: null,
    environment: null,
  });
  const signer = await openLogSigner(pools.sequencer, log, places, nowMs);
  if (signer === null) throw new Error('the log has no active key');
  const published = memoryHeads();
  const pace = { growingMs: 0, idleMs: Number.MAX_SAFE_INTEGER };
  return {
    connectionString: database.connectionString,
    pools,
    log,
    signer,
    async commit() {
      await sequence(pools.sequencer, log);
      const ring = ringOf(signer);
      const head = await signHead(
        { pool: pools.sequencer, clock: systemClock, ring, pace, published },
        log,
      );
      if (head === null) throw new Error('there was nothing new to sign');
      return head;
    },
    async close() {
      await closePools(pools);
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
