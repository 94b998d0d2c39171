/** Packages and proofs of leaves whose month was detached: what is still served, and the honest answer for the rest. @module */
import {
  hexFromBytes,
  leafHash,
  parseLeaf,
  parseProofPackage,
  utf8FromString,
  verifyInclusion,
  verifyProofPackage,
} from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { newId } from '../../../src/base/ids.ts';
import { keepPartitions } from '../../../src/db/partition-keeper.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { type Answer, type Api, openApi, refusal } from '../../support/api.ts';
import { type WrittenLog, writeLog } from '../../support/audited-log.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeKey, makeTenant, type TestTenant } from '../../support/tenant.ts';

const AGED = 270;
const AGE_MS = 61 * 86_400_000;

let rooms: Rooms;
let api: Api;
let written: WrittenLog;
let key: string;
let stranger: TestTenant;
let before: Answer;
let linked: string;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  const pool = rooms.pools.sequencer;
  written = await writeLog(pool, { leaves: 300, headEvery: 90, agedLeaves: AGED });
  const { id, tenantId } = written.log;
  if (tenantId === null) throw new TypeError('the log has no tenant');
  key = await makeKey(rooms.pools.api, tenantId, ['proofs:read']);
  stranger = await makeTenant(rooms.pools.api);
  await pool.query(`UPDATE logs SET created_at = created_at - interval '61 days' WHERE id = $1`, [
    id,
  ]);
  await pool.query(
    `UPDATE merkle_leaves SET committed_at = committed_at - interval '61 days' WHERE log_id = $1 AND leaf_index < $2`,
    [id, AGED],
  );
  before = await download(0);
  const link = await api.call('POST', `/attestation/share/${attemptOf(0)}`, { key });
  linked = link.json<{ url: string }>().url;
  await keepPartitions({
    pool,
    connectionString: rooms.connectionString,
    clock: systemClock,
    logger: createLogger('silent'),
    retainDays: { event_payloads: 90, delivery_attempts: 29, merkle_leaves: 29 },
    dropPayloadsDays: 7,
  });
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

const attemptOf = (index: number): string =>
  parseLeaf(written.texts[index] ?? '').deliveryAttemptId;
const hashOf = (index: number): Uint8Array => leafHash(utf8FromString(written.texts[index] ?? ''));
const download = (index: number): Promise<Answer> =>
  api.call('GET', `/attestation/download-proof/${attemptOf(index)}`, { key });
const prove = (index: number, query: string): Promise<Answer> =>
  api.call(
    'GET',
    `/attestation/proof/${hexFromBytes(hashOf(index))}?log=${written.log.name}${query}`,
  );

it('a package that was downloaded before verifies for ever', async () => {
  expect(before.status).toBe(200);
  const { publicKey } = parseProofPackage(before.text).signedTreeHead;
  const trust = { keys: [{ publicKey, name: null }] };
  const report = verifyProofPackage(before.text, trust, { nowMs: systemClock.nowMs() });
  expect(report.verdict).toBe('verified');
});

it('a package that is asked for afterwards is gone, and says so to everybody alike', async () => {
  const gone = await download(0);
  expect(refusal(gone)).toEqual([410, 'leaf_expired']);
  const theirs = await api.call('GET', `/attestation/download-proof/${attemptOf(0)}`, {
    key: stranger.apiKey,
  });
  const unknown = newId<'delivery_attempt'>(systemClock.nowMs() - AGE_MS);
  const nobodys = await api.call('GET', `/attestation/download-proof/${unknown}`, { key });
  expect([theirs.text, nobodys.text]).toEqual([gone.text, gone.text]);
  expect(refusal(await api.call('GET', linked))).toEqual([410, 'leaf_expired']);
});

it('what is not that old is as before: served, or unknown', async () => {
  expect((await download(AGED)).status).toBe(200);
  const unknown = newId<'delivery_attempt'>(systemClock.nowMs());
  const answer = await api.call('GET', `/attestation/download-proof/${unknown}`, { key });
  expect(refusal(answer)).toEqual([404, 'not_found']);
  const theirs = await api.call('GET', `/attestation/download-proof/${attemptOf(AGED)}`, {
    key: stranger.apiKey,
  });
  expect(refusal(theirs)).toEqual([404, 'not_found']);
});

it('inclusion is proved from tiles by hash and index, under the newest head and older sizes', async () => {
  for (const [index, size] of [
    [0, 300],
    [AGED - 1, 300],
    [100, 180],
  ] as const) {
    const answer = await prove(index, `&leaf_index=${index}&tree_size=${size}`);
    expect(answer.status).toBe(200);
    const { proof_hashes: hashes } = answer.json<{ proof_hashes: string[] }>();
    const path = hashes.map((hash) => new Uint8Array(Buffer.from(hash, 'hex')));
    verifyInclusion(hashOf(index), index, size, path, written.tree.root(size));
  }
  const tile = await api.call('GET', `/log/${written.log.name}/tile/0/000`);
  expect([tile.status, tile.bytes.length]).toEqual([200, 8_192]);
});

it('a wrong index is refused, and a hash alone is not found any more', async () => {
  expect(refusal(await prove(0, '&leaf_index=1'))).toEqual([404, 'not_found']);
  expect(refusal(await prove(1, ''))).toEqual([404, 'not_found']);
  expect((await prove(AGED, '')).status).toBe(200);
});
