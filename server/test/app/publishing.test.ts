/** Publishing as the server wires it: files, policy, witnesses, metrics; and what stops it. @module */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTreeHead, verifyTreeHead } from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Publishing, startPublishing } from '../../src/app/publishing.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { getTreeState } from '../../src/logs/store.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { type Backup, backUp } from '../support/backup.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  openBench,
  ringOf,
  settleAttempts,
} from '../support/log-bench.ts';
import { BUCKET, KEY_ID, openS3Server, SECRET } from '../support/s3-server.ts';
import { openWitness, sizeConflict, type TestWitness } from '../support/witness.ts';
import { policyText } from '../support/witness-policy.ts';

let bench: Bench;
let folder: string;
let log: BenchLog;
let signer: Signer;
let journal: Journal;
let metrics: Metrics;
let witnesses: TestWitness[];
let backups: Backup[];
let running: Publishing[];
beforeEach(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-publishing-'));
  log = await makeLog(bench.pool);
  signer = await giveSigner(bench.pool, log);
  journal = openJournal();
  metrics = createMetrics({ process: false });
  [witnesses, backups, running] = [[], [], []];
});
afterEach(async () => {
  for (const publishing of running) await publishing.finish();
  for (const witness of witnesses) await witness.close();
  await bench.close();
  for (const backup of backups) await backup.drop();
  await rm(folder, { recursive: true, force: true });
});

async function start(change: Record<string, string> = {}): Promise<Publishing> {
  const publishing = await startPublishing({
    config: readConfig({
      KAPSEL_DATA: folder,
      KAPSEL_HEAD_INTERVAL_MS: '100',
      KAPSEL_SEQUENCE_INTERVAL_MS: '10',
      KAPSEL_WITNESS_INTERVAL_MS: '100',
      ...change,
    }),
    pool: bench.pool,
    readPool: bench.pools.api,
    clock: systemClock,
    random: () => 0,
    ring: ringOf(signer),
    logger: journal,
    onHead: () => undefined,
    metrics,
  });
  running.push(publishing);
  return publishing;
}

async function witness(name: string): Promise<TestWitness> {
  const opened = await openWitness(name);
  opened.trust(log.origin, signer.publicKey);
  witnesses.push(opened);
  return opened;
}

/** Grows the log and waits for its head. */
async function grow(count: number): Promise<number> {
  await settleAttempts(bench.pool, log, count);
  await sequence(bench.pool, log);
  const { treeSize } = await getTreeState(bench.pool, log.id);
  await until(async () => expect(await signedSize()).toBe(treeSize));
  return treeSize;
}

const signedSize = async (): Promise<number | undefined> =>
  (await findNewestHead(bench.pool, log.id))?.treeSize;

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { interval: 10, timeout: 10_000 });

const headFile = () => join(folder, 'heads', `${log.id}.json`);

describe('the second place', () => {
  it('is a file in the data folder, or where the operator wants it', async () => {
    await start();
    await grow(3);
    const head = parseTreeHead((await readFile(headFile(), 'utf8')).trimEnd());
    verifyTreeHead(head);
    expect(head).toMatchObject({ log: log.origin, treeSize: 3 });
    await running[0]?.finish();
    const elsewhere = join(folder, 'elsewhere');
    await start({ KAPSEL_HEAD_STORE: elsewhere });
    await grow(1);
    expect(await readdir(elsewhere)).toEqual([`${log.id}.json`]);
  });

  it('is a bucket where the operator names one, and refuses an older backup from there', async () => {
    const store = await openS3Server(join(folder, 'store'));
    const place = {
      KAPSEL_HEAD_STORE: `s3://${BUCKET}/heads`,
      KAPSEL_S3_ENDPOINT: store.endpoint,
      KAPSEL_S3_REGION: store.region,
      KAPSEL_S3_PATH_STYLE: '1',
      KAPSEL_S3_ACCESS_KEY_ID: KEY_ID,
      KAPSEL_S3_SECRET_ACCESS_KEY: SECRET,
    };
    await start(place);
    await grow(3);
    await running[0]?.finish();
    const backup = await backUp(bench.connectionString);
    backups.push(backup);
    const publishing = await start(place);
    await grow(4);
    await publishing.finish();
    const { bytes } = await store.fetch(`heads/${log.id}.json`);
    expect(parseTreeHead(bytes.toString('utf8').trimEnd())).toMatchObject({ treeSize: 7 });
    await backup.restore();
    await expect(start(place)).rejects.toMatchObject({ kind: 'behind' });
    store.keepsConditions = false;
    await expect(start(place)).rejects.toBeInstanceOf(ConfigError);
    await store.close();
  });

  it('refuses an older backup at start, and under a server that runs', async () => {
    await start();
    await grow(3);
    await running[0]?.finish();
    const backup = await backUp(bench.connectionString);
    backups.push(backup);
    const publishing = await start();
    await grow(4);
    expect(publishing.isSigning()).toBe(true);
    await backup.restore();
    await until(() => expect(publishing.isSigning()).toBe(false));
    await until(async () =>
      expect((await metrics.scrape()).text).toContain(
        `kapsel_log_rolled_back{log="${log.origin}"} 1`,
      ),
    );
    expect(journal.lines.map(({ event }) => event)).toContain('signing refused');
    await expect(start()).rejects.toMatchObject({ name: 'HeadConflict', kind: 'behind' });
    expect(await signedSize()).toBe(3);
  });

  it('refuses a damaged file at start, and stops signing when it is damaged later', async () => {
    const publishing = await start();
    await grow(3);
    await writeFile(headFile(), 'damaged');
    await settleAttempts(bench.pool, log, 1);
    await sequence(bench.pool, log);
    await until(() => expect(publishing.isSigning()).toBe(false));
    await expect(start()).rejects.toMatchObject({ name: 'HeadConflict', kind: 'damaged' });
    expect(await readFile(headFile(), 'utf8')).toBe('damaged');
    expect(await signedSize()).toBe(3);
  });
});

describe('witnesses', () => {
  async function policy(quorum: number): Promise<{ KAPSEL_WITNESS_POLICY: string }> {
    const path = join(folder, 'witnesses.policy');
    await writeFile(path, policyText(witnesses, quorum));
    return { KAPSEL_WITNESS_POLICY: path };
  }

  it('are asked when a policy names them, and found by their quorum', async () => {
    await witness('a.example');
    await witness('b.example');
    const publishing = await start(await policy(2));
    const treeSize = await grow(3);
    await until(async () =>
      expect(await publishing.findWitnessedHead(log.id)).toMatchObject({ treeSize }),
    );
    const counted = 'kapsel_cosignatures_total{witness="w0",result="cosigned"} 1';
    expect((await metrics.scrape()).text).toContain(counted);
  });

  it('are none without a policy', async () => {
    const publishing = await start();
    await grow(3);
    expect(await publishing.findWitnessedHead(log.id)).toBeNull();
  });

  it('that are ahead halt the log, and then nothing is signed by anybody', async () => {
    const ahead = await witness('a.example');
    const publishing = await start(await policy(1));
    ahead.misbehave = () => sizeConflict(1_000);
    await grow(3);
    await until(() => expect(publishing.isSigning()).toBe(false));
    const { haltedReason } = await getTreeState(bench.pool, log.id);
    expect(haltedReason).toContain('witness w0');
    await until(async () =>
      expect((await metrics.scrape()).text).toContain(`kapsel_log_halted{log="${log.origin}"} 1`),
    );
  });

  it('that cosigned more than the database has stop the start', async () => {
    await witness('a.example');
    const settings = await policy(1);
    const first = await start(settings);
    const treeSize = await grow(3);
    await until(async () =>
      expect(await first.findWitnessedHead(log.id)).toMatchObject({ treeSize }),
    );
    await first.finish();
    await rm(join(folder, 'heads'), { recursive: true });
    await bench.pool.query('DELETE FROM signed_tree_heads WHERE log_id = $1', [log.id]);
    await bench.pool.query("UPDATE logs SET tree_size = 0, right_edge = ''");
    await expect(start(settings)).rejects.toMatchObject({ name: 'HeadConflict', kind: 'behind' });
  });

  it('need a policy that can be used', async () => {
    const missing = start({ KAPSEL_WITNESS_POLICY: join(folder, 'none') });
    await expect(missing).rejects.toBeInstanceOf(ConfigError);
    await expect(missing).rejects.toThrow('KAPSEL_WITNESS_POLICY');
  });

  it('are let go when signing cannot start', async () => {
    await witness('a.example');
    await start();
    await grow(3);
    await writeFile(headFile(), 'damaged');
    const late = start(await policy(1));
    await expect(late).rejects.toMatchObject({ kind: 'damaged' });
  });
});
