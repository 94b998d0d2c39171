import { randomUUID } from 'node:crypto';
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { makeApiKey, SCOPES } from '../../src/tenants/api-key.ts';
import { type Api, openApi, ownDocument, refusal, visible } from '../support/api.ts';
import { makeDelivery } from '../support/deliveries.ts';
import { type BenchLog, makeLog } from '../support/log-bench.ts';
import { insertPendingAnchor } from '../support/made-anchor.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { growLog, headOf, signLog } from '../support/signed-log.ts';
import { MALFORMED } from '../support/sweep.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let owner: TestTenant;
let stranger: TestTenant;
/** Of the owner, by the parameter's name in the path. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  owner = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  const endpoint = await makeEndpoint(rooms.pools.api, owner.tenantId);
  const job = await makeDelivery(rooms, endpoint);
  const head = await rooms.commit();
  await insertPendingAnchor(rooms.pools.api, rooms.log.id, head);
  const path = `/attestation/share/${job.deliveryAttemptId}`;
  const link = await api.call('POST', path, { key: owner.apiKey });
  ids = {
    endpoint_id: endpoint.id,
    event_id: job.eventId,
    delivery_attempt_id: job.deliveryAttemptId,
    share_link_id: link.json<{ id: string }>().id,
  };
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

describe('a private log', () => {
  let log: BenchLog;
  let hash: string;
  let key: string;
  let weakKey: string;
  beforeAll(async () => {
    log = await makeLog(rooms.pools.api);
    await rooms.pools.api.query('UPDATE logs SET is_public = false WHERE id = $1', [log.id]);
    const signed = await signLog(rooms.pools.sequencer, log);
    const [leaf] = await growLog(signed, 3);
    await insertPendingAnchor(rooms.pools.upkeep, log.id, await headOf(signed));
    hash = hexFromBytes(leaf?.leaf.hash ?? new Uint8Array());
    key = await makeKey(rooms.pools.api, log.tenantId, ['proofs:read']);
    const others = SCOPES.filter((scope) => scope !== 'proofs:read');
    weakKey = await makeKey(rooms.pools.api, log.tenantId, others);
  });

  const paths = (name: string): string[] => [
    ...['', '/api/v1'].flatMap((prefix) => [
      `${prefix}/attestation/sth?log=${name}`,
      `${prefix}/attestation/sth?tree_size=3&log=${name}`,
      `${prefix}/attestation/checkpoint?log=${name}`,
      `${prefix}/attestation/keys?log=${name}`,
      `${prefix}/attestation/proof/${hash}?log=${name}`,
      `${prefix}/attestation/proof/${hash}?leaf_index=0&tree_size=3&log=${name}`,
      `${prefix}/attestation/consistency-proof?old_size=1&new_size=3&log=${name}`,
      `${prefix}/attestation/anchors?log=${name}`,
      ...['', '/checkpoint', '/checkpoint.ots'].map(
        (file) => `${prefix}/attestation/anchors/3${file}?log=${name}`,
      ),
    ]),
    `/log/${name}/checkpoint`,
    `/log/${name}/tile/0/000.p/3`,
  ];

  it('is asked for by every path of the API’s document that is about a log', async () => {
    const { paths: described } = await ownDocument(rooms);
    const ofLogs = Object.entries(described)
      .filter(([, { get }]) => JSON.stringify(get?.security) === '[{},{"apiKey":["proofs:read"]}]')
      .map(([path]) => path.replaceAll(/\{\w+\}/g, ''));
    expect(ofLogs.length).toBeGreaterThan(10);
    const asked = paths('').map((path) =>
      path.replace(hash, '').replace('0/000.p/3', '').replace('/anchors/3', '/anchors/'),
    );
    for (const path of ofLogs) {
      expect(
        asked.some((each) => each.split('?')[0] === path),
        path,
      ).toBe(true);
    }
  });

  it('answers its tenant, for nobody else to keep', async () => {
    for (const path of paths(log.name)) {
      const answer = await api.call('GET', path, { key });
      expect([answer.status, answer.headers['cache-control']], path).toEqual([
        200,
        'private, no-cache',
      ]);
    }
  });

  it('is as unknown as a log that does not exist to all others, and to a key that may not read proofs', async () => {
    const unknown = `log-${randomUUID()}`;
    const theirs = paths(log.name);
    for (const [i, path] of paths(unknown).entries()) {
      for (const options of [{}, { key: stranger.apiKey }, { key: weakKey }]) {
        const want = await api.call('GET', path, options);
        expect(want.text).toBe('{"error":{"code":"not_found","message":"Not found"}}');
        const got = await api.call('GET', theirs[i] ?? '', options);
        expect(visible(got), path).toEqual(visible(want));
      }
      const bad = { key: makeApiKey().secret };
      const want = await api.call('GET', path, bad);
      expect(refusal(want)).toEqual([401, 'unauthorized']);
      expect(visible(await api.call('GET', theirs[i] ?? '', bad)), path).toEqual(visible(want));
    }
  });

  it('is what its tenant’s key asks for where no log is named, and nobody else’s', async () => {
    const sizeFor = async (options: { key?: string }) => {
      const answer = await api.call('GET', '/attestation/sth', options);
      return answer.status === 200 ? answer.json<{ log: string }>().log : refusal(answer);
    };
    expect(await sizeFor({ key })).toBe(log.origin);
    expect(await sizeFor({})).toBe(rooms.log.origin);
    expect(await sizeFor({ key: stranger.apiKey })).toBe(rooms.log.origin);
    expect(await sizeFor({ key: weakKey })).toEqual([404, 'not_found']);
  });

  it('shows none of its leaves through the shared log', async () => {
    for (const query of ['', '?leaf_index=0', '?log=shared']) {
      const answer = await api.call('GET', `/attestation/proof/${hash}${query}`);
      expect(refusal(answer), query).toEqual([404, 'not_found']);
    }
  });
});

it('a path that is no route answers as an unknown id does', async () => {
  const unknown = await api.call('GET', `/v1/events/${newId(systemClock.nowMs())}`, {
    key: stranger.apiKey,
  });
  for (const path of [
    '/',
    '/v1',
    '/v1/nothing',
    '/v1/endpoints/',
    '/v1//endpoints',
    '/%zz',
    '/..',
  ]) {
    expect(visible(await api.call('GET', path, { key: stranger.apiKey })), path).toEqual(
      visible(unknown),
    );
  }
});

it('lists and counts nothing of another tenant', async () => {
  const answer = await api.call('GET', '/v1/endpoints', { key: stranger.apiKey });
  expect(answer.json()).toEqual({ data: [], next_cursor: null });
});

it('the log is public, and says no more of a leaf than its hash', async () => {
  const { rows } = await rooms.pools.api.query<{ hash: string }>(
    "SELECT encode(leaf_hash, 'hex') AS hash FROM merkle_leaves",
  );
  const hash = rows[0]?.hash ?? '';
  const proof = await api.call('GET', `/attestation/proof/${hash}`);
  expect(proof.status).toBe(200);
  for (const id of [owner.tenantId, ...Object.values(ids)]) expect(proof.text).not.toContain(id);
  const unknown = await api.call('GET', `/attestation/proof/${'0'.repeat(64)}`);
  for (const text of [hash.toUpperCase(), hash.slice(1), `${hash}0`, ...MALFORMED]) {
    const answer = await api.call('GET', `/attestation/proof/${text}`);
    expect(visible(answer), text).toEqual(visible(unknown));
  }
});
