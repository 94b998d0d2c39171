import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { part } from '../support/parts.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { runProgram, runVerifier } from '../support/run-program.ts';
import {
  ApiClient,
  type EventJson,
  type ServerProcess,
  startServer,
  testSettings,
} from '../support/server-process.ts';

let database: TestDatabase;
let folder: string;
let receiver: ReceiverProcess;
let server: ServerProcess;
let api: ApiClient;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-scenario-'));
  receiver = await startReceiver();
  server = await startServer(testSettings(database.connectionString, folder));
  api = new ApiClient(server.url, server.apiKey ?? '');
});

// What the tests below have written is verified as a whole, from outside, when the server is gone.
afterAll(async () => {
  expect(await server.end()).toMatchObject({ code: 0, signal: null });
  const checked = await checkLog(database.connectionString);
  expect(checked).toMatchObject({ waiting: 0, unsettled: 0 });
  expect(checked.heads.length).toBeGreaterThan(1);
  expect(checked.heads.at(-1)?.treeSize).toBe(checked.leaves.length);
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

const isDelivered = ({ status }: EventJson): boolean => status === 'delivered';

async function save(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** A body that is no text in any encoding. */
const BODY = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

describe('a webhook', () => {
  let proofFile: string;

  it('is delivered, and its delivery is proven to a process that asks nobody', async () => {
    const eventId = await api.ingest(await api.endpoint(receiver.url), BODY);
    const event = await api.eventWhen(eventId, isDelivered);
    const [attempt] = event.attempts;
    if (attempt === undefined) throw new Error('a delivered event has an attempt');
    const sha256 = createHash('sha256').update(BODY).digest('hex');
    expect(receiver.arrivals).toContainEqual({
      attemptId: attempt.delivery_attempt_id,
      eventId,
      contentType: null,
      sha256,
      size: 256,
    });
    proofFile = await save('proof.json', await api.proof(attempt));
    const { code, stdout } = await runVerifier(
      '--proof',
      proofFile,
      '--public-key',
      server.publicKey,
    );
    expect(stdout.split('\n')).toEqual([
      '✓ Proof verified successfully!',
      `  Webhook delivered to ${receiver.url}`,
      expect.stringMatching(/^ {2}Timestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      '  HTTP status: 200',
      '  Cryptographically signed by Kapsel',
      '',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(JSON.parse(await readFile(proofFile, 'utf8')).leaf_data)).toMatchObject({
      payload_hash: sha256,
      payload_size: 256,
    });
  });

  it.skipIf(!part('jq'))('has a leaf hash that a shell can check', async () => {
    const command = `printf '\\0%s' "$(jq -rj .leaf_data "$1")" | sha256sum`;
    const { stdout } = await runProgram('sh', ['-c', command, 'sh', proofFile]);
    const { leaf_hash } = JSON.parse(await readFile(proofFile, 'utf8'));
    expect(stdout.split(' ')[0]).toBe(leaf_hash);
  });

  it('has a proof that no longer verifies after a change', async () => {
    const text = await readFile(proofFile, 'utf8');
    const changed = text.replace('\\"response_status\\":200', '\\"response_status\\":201');
    expect(changed).not.toBe(text);
    const file = await save('changed.json', changed);
    const end = await runVerifier('--proof', file, '--public-key', server.publicKey);
    expect([end.code, end.stdout + end.stderr]).toEqual([1, expect.stringContaining('E_')]);
  });

  it('has a proof that is not believed under another key', async () => {
    const key = '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29';
    expect((await runVerifier('--proof', proofFile, '--public-key', key)).code).toBe(4);
  });

  it('stays in the log that grows over it', async () => {
    const { signed_tree_head: older } = JSON.parse(await readFile(proofFile, 'utf8'));
    const eventId = await api.ingest(await api.endpoint(receiver.url), 'another');
    const { attempts } = await api.eventWhen(eventId, isDelivered);
    const [attempt] = attempts;
    if (attempt === undefined) throw new Error('a delivered event has an attempt');
    const { signed_tree_head: newer } = JSON.parse(await api.proof(attempt));
    expect(newer.tree_size).toBeGreaterThan(older.tree_size);
    const sizes = `old_size=${older.tree_size}&new_size=${newer.tree_size}`;
    const proof = await api.text('GET', `/attestation/consistency-proof?${sizes}`);
    const end = await runVerifier(
      'consistency',
      await save('older.json', JSON.stringify(older)),
      await save('newer.json', JSON.stringify(newer)),
      '--proof',
      await save('consistency.json', proof),
      '--public-key',
      server.publicKey,
    );
    expect([end.code, end.stderr]).toEqual([0, '']);
  });
});

describe('a destination that is down', () => {
  it('gets every attempt logged, and the webhook when it is back', async () => {
    const late = await startReceiver();
    await late.stop();
    const eventId = await api.ingest(await api.endpoint(late.url), 'patience');
    const failed = await api.eventWhen(
      eventId,
      ({ attempts }) => attempts[0]?.outcome === 'failed',
    );
    expect(failed).toMatchObject({ status: 'pending', attempts: [{ error: 'connect' }] });

    const back = await startReceiver(late.port);
    await back.answer(503);
    await api.eventWhen(eventId, ({ attempts }) => attempts.at(-1)?.outcome === 'rejected');
    await back.answer(200);
    const { attempts } = await api.eventWhen(eventId, isDelivered);
    await back.stop();

    const outcomes = attempts.map(({ outcome }) => outcome);
    expect(outcomes[0]).toBe('failed');
    expect(outcomes).toContain('rejected');
    expect(outcomes.at(-1)).toBe('delivered');
    for (const attempt of attempts) {
      const text = await api.proof(attempt);
      expect(JSON.parse(JSON.parse(text).leaf_data)).toMatchObject({
        event_id: eventId,
        attempt_number: attempt.attempt_number,
        outcome: attempt.outcome,
        response_status: attempt.response_status,
        error: attempt.error,
      });
      const file = await save(`attempt-${attempt.attempt_number}.json`, text);
      const end = await runVerifier('--proof', file, '--public-key', server.publicKey);
      expect(end.code, end.stderr).toBe(0);
    }
  });
});
