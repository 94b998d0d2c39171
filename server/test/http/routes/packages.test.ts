/** Proof packages over HTTP: which head they are under, and that their links leave no trace in the logs. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { findHeadBySize } from '../../../src/attestation/head-store.ts';
import type { TreeHead } from '../../../src/attestation/tree-head.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import type { SendableJob } from '../../../src/queue/job.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { type Api, openApi, refusal, routeDeps } from '../../support/api.ts';
import { makeDelivery } from '../../support/deliveries.ts';
import { makeLog } from '../../support/log-bench.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { growLog, headOf, signLog } from '../../support/signed-log.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let witnessed: TreeHead | null;
const jobs: SendableJob[] = [];
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, { findWitnessedHead: async () => witnessed });
  tenant = await makeTenant(rooms.pools.api);
  const endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  for (let size = 1; size <= 3; size++) {
    jobs.push(await makeDelivery(rooms, endpoint));
    await rooms.commit();
  }
});
beforeEach(async () => {
  witnessed = await findHeadBySize(rooms.pools.api, rooms.log.id, 2);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

const idAt = (index: number): string => jobs[index]?.deliveryAttemptId ?? '';

const download = (index: number, query = '') =>
  api.call('GET', `/attestation/download-proof/${idAt(index)}${query}`, { key: tenant.apiKey });

async function sizeOf(index: number, query?: string): Promise<number> {
  const answer = await download(index, query);
  return answer.json<{ signed_tree_head: { tree_size: number } }>().signed_tree_head.tree_size;
}

it('prefers a head that witnesses signed, takes it only where it covers the leaf, and can be told', async () => {
  expect(await sizeOf(1)).toBe(2);
  expect(await sizeOf(1, '?witnessed=prefer')).toBe(2);
  expect(await sizeOf(1, '?witnessed=require')).toBe(2);
  expect(await sizeOf(1, '?witnessed=none')).toBe(3);
  expect(await sizeOf(2)).toBe(3);
  const answer = await download(2, '?witnessed=require');
  expect(refusal(answer)).toEqual([409, 'not_witnessed_yet']);
  expect(answer.headers['retry-after']).toBe('10');
  witnessed = null;
  expect(refusal(await download(1, '?witnessed=require'))).toEqual([409, 'not_witnessed_yet']);
  expect(refusal(await download(1, '?witnessed=maybe'))).toEqual([
    400,
    'invalid_request',
    '/witnessed',
  ]);
});

it('finds the log that the leaf is in, which need not be the shared one', async () => {
  witnessed = null;
  const log = await makeLog(rooms.pools.api);
  const signed = await signLog(rooms.pools.sequencer, log);
  const [leaf] = await growLog(signed, 1);
  await headOf(signed);
  const key = await makeKey(rooms.pools.api, log.tenantId, ['proofs:read']);
  const path = `/attestation/download-proof/${leaf?.deliveryAttemptId}`;
  const answer = await api.call('GET', path, { key });
  expect(answer.json()).toMatchObject({ signed_tree_head: { log: log.origin } });
  expect(refusal(await api.call('GET', path, { key: tenant.apiKey }))).toEqual([404, 'not_found']);
});

it('leaves no token in the logs, whatever becomes of the request', async () => {
  const lines: string[] = [];
  const logger = createLogger('trace', { write: (line) => lines.push(line) });
  let isBroken = false;
  const http = createHttpServer(
    {
      ...routeDeps(rooms),
      findWitnessedHead: async () => {
        if (isBroken) throw new Error('broken');
        return null;
      },
    },
    logger,
  );
  const made = await api.call('POST', `/attestation/share/${idAt(0)}`, { key: tenant.apiKey });
  const { url } = made.json<{ url: string }>();
  const token = url.replace(/.*token=/, '');
  const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
  const ask = async (path: string) => (await http.inject({ url: path })).statusCode;
  expect(await ask(url)).toBe(200);
  expect(await ask(url.replace(token, forged))).toBe(401);
  expect(await ask(`${url}&x=1`)).toBe(400);
  expect(await ask(`${url}&witnessed=require`)).toBe(409);
  expect(await ask(`/nothing?token=${token}`)).toBe(404);
  expect(await ask(`/%zz?token=${token}`)).toBe(404);
  isBroken = true;
  expect(await ask(url)).toBe(500);
  await http.close();
  expect(lines.length).toBeGreaterThan(0);
  for (const secret of [token, forged]) expect(lines.join('')).not.toContain(secret);
});
