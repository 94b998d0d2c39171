/** The sweep: every operation of the API's document is tried with ids, keys and cursors that are not the caller's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { makeApiKey, SCOPES, type Scope } from '../../src/tenants/api-key.ts';
import { type Answer, type Api, openApi, ownDocument, refusal, visible } from '../support/api.ts';
import { makeDelivery } from '../support/deliveries.ts';
import { insertPendingAnchor } from '../support/made-anchor.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import {
  bodyOf,
  MALFORMED,
  type Operation,
  operationsOf,
  parametersOf,
  pathWith,
  scopeOf,
} from '../support/sweep.ts';
import { makeEndpoint, makeKey, makeTenant, type TestTenant } from '../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let owner: TestTenant;
let stranger: TestTenant;
let operations: readonly Operation[];
/** Of the owner, by the parameter's name in the path. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  owner = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  operations = operationsOf(await ownDocument(rooms));
  const endpoint = await makeEndpoint(rooms.pools.api, owner.tenantId);
  const job = await makeDelivery(rooms, endpoint);
  await insertPendingAnchor(rooms.pools.upkeep, rooms.log.id, await rooms.commit());
  const made = async (path: string, body?: object): Promise<string> =>
    (await api.call('POST', path, { key: owner.apiKey, body })).json<{ id: string }>().id;
  ids = {
    endpoint_id: endpoint.id,
    event_id: job.eventId,
    delivery_attempt_id: job.deliveryAttemptId,
    share_link_id: await made(`/attestation/share/${job.deliveryAttemptId}`),
    api_key_id: await made('/v1/api-keys', { scopes: ['ingest'] }),
  };
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

const NOT_FOUND = '{"error":{"code":"not_found","message":"Not found"}}';
const fresh = (): string => newId(systemClock.nowMs());

/** With the owner's ids, but for those that are given. */
function ask(
  operation: Operation,
  key: string | null,
  change: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { headers, body } = bodyOf(operation);
  return api.call(operation.method, pathWith(operation, { ...ids, ...change }), {
    ...(key === null ? {} : { key }),
    headers,
    body,
  });
}

/** Operations of a tenant: behind an API key, with ids in the path. */
function withIds(): Operation[] {
  return operations.filter(
    (operation) => scopeOf(operation) !== null && parametersOf(operation).length > 0,
  );
}

/** Every row that is the owner's, but for when its keys were used. */
async function rowsOfOwner(): Promise<unknown> {
  const { rows: tables } = await rooms.pools.api.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND a.attname = 'tenant_id' ORDER BY 1`,
  );
  expect(tables.length).toBeGreaterThan(8);
  const all: unknown[] = [];
  for (const { name } of tables) {
    const { rows } = await rooms.pools.api.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM ${name} t WHERE tenant_id = $1 ORDER BY 1`,
      [owner.tenantId],
    );
    all.push([name, rows.map(({ row }) => row)]);
  }
  return all;
}

/** The answer to the stranger is that of an unknown id, to the byte, and nothing of the owner's has changed. */
async function expectUnknown(operation: Operation): Promise<void> {
  const names = parametersOf(operation);
  const { id: where } = operation;
  for (const name of names) expect(ids[name], `${where}: no case for {${name}}`).toBeDefined();
  const allFresh = Object.fromEntries(names.map((name) => [name, fresh()]));
  const unknown = await ask(operation, stranger.apiKey, allFresh);
  expect([unknown.status, unknown.text], where).toEqual([404, NOT_FOUND]);
  expect(visible(await ask(operation, stranger.apiKey)), where).toEqual(visible(unknown));
  for (const name of names) {
    for (const id of [fresh(), (ids[name] ?? '').toUpperCase(), ...MALFORMED]) {
      const change = { [name]: id };
      expect(visible(await ask(operation, stranger.apiKey, change)), `${where} ${id}`).toEqual(
        visible(unknown),
      );
      // Also the owner learns nothing from how an id is written.
      expect(visible(await ask(operation, owner.apiKey, change)), `${where} ${id}`).toEqual(
        visible(unknown),
      );
    }
  }
}

const EVENT_IDS = ['event_id', 'delivery_attempt_id', 'share_link_id'];
const isAbout = (names: readonly string[]) => (operation: Operation) =>
  parametersOf(operation).some((name) => names.includes(name));

describe('another tenant’s ids', () => {
  it('tenant_a_cannot_access_tenant_b_events_via_http', async () => {
    const before = await rowsOfOwner();
    const swept = withIds().filter(isAbout(EVENT_IDS));
    expect(swept.length).toBeGreaterThanOrEqual(10);
    for (const operation of swept) await expectUnknown(operation);
    expect(await rowsOfOwner()).toEqual(before);
  });

  it('tenant_a_cannot_access_tenant_b_endpoints', async () => {
    const before = await rowsOfOwner();
    const swept = withIds().filter(isAbout(['endpoint_id']));
    expect(swept.length).toBeGreaterThanOrEqual(9);
    for (const operation of swept) await expectUnknown(operation);
    expect(await rowsOfOwner()).toEqual(before);
  });

  it('are unknown ids on every other operation too', async () => {
    const before = await rowsOfOwner();
    const rest = withIds().filter((each) => !isAbout([...EVENT_IDS, 'endpoint_id'])(each));
    for (const operation of rest) await expectUnknown(operation);
    expect(await rowsOfOwner()).toEqual(before);
  });

  it('narrow a list or a replay to nothing, as unknown ones do', async () => {
    for (const id of [ids.endpoint_id, fresh()]) {
      const list = await api.call('GET', `/v1/events?endpoint_id=${id}`, { key: stranger.apiKey });
      expect(list.json()).toMatchObject({ data: [], total: 0, next_cursor: null });
      const body = { status: 'delivered', endpoint_id: id };
      const replay = await api.call('POST', '/v1/events/replay', { key: stranger.apiKey, body });
      expect(replay.json()).toMatchObject({ matched: 0, queued: 0, held: 0 });
    }
  });

  it('stand in no answer that is about everything of the caller', async () => {
    const wide = operations.filter((each) => scopeOf(each) !== null && !parametersOf(each).length);
    expect(wide.length).toBeGreaterThanOrEqual(6);
    for (const operation of wide) {
      const answer = await ask(operation, stranger.apiKey);
      expect(answer.status, operation.id).toBeLessThan(300);
      for (const id of [owner.tenantId, ...Object.values(ids)]) {
        expect(answer.text, operation.id).not.toContain(id);
      }
    }
  });
});

describe('a key that is missing, wrong, revoked or expired', () => {
  it('gets one identical 401 everywhere, whatever the ids are', async () => {
    const revoked = await makeKey(rooms.pools.api, owner.tenantId, SCOPES);
    const expired = await makeKey(rooms.pools.api, owner.tenantId, SCOPES);
    await rooms.pools.api.query(
      `UPDATE api_keys SET revoked_at = CASE prefix WHEN $1 THEN now() END,
              expires_at = CASE prefix WHEN $2 THEN now() END WHERE prefix IN ($1, $2)`,
      [revoked.slice(0, 12), expired.slice(0, 12)],
    );
    const first = await api.call('GET', '/v1/endpoints');
    expect(refusal(first)).toEqual([401, 'unauthorized']);
    const closed = operations.filter(({ isOpen }) => !isOpen);
    expect(closed.length).toBeGreaterThan(25);
    for (const operation of closed) {
      for (const key of [null, 'x', makeApiKey().secret, revoked, expired]) {
        const known = visible(await ask(operation, key, { tenant_id: owner.tenantId }));
        expect(known, `${operation.id} ${key}`).toEqual(visible(first));
        expect(visible(await ask(operation, key, { tenant_id: fresh() }))).toEqual(visible(first));
      }
    }
  });

  it('is not the platform’s token, however good it is for its tenant', async () => {
    const ofPlatform = operations.filter(({ scheme }) => scheme === 'platformToken');
    expect(ofPlatform.length).toBeGreaterThanOrEqual(4);
    for (const operation of ofPlatform) {
      const answer = await ask(operation, owner.apiKey, { tenant_id: owner.tenantId });
      expect(refusal(answer), operation.id).toEqual([401, 'unauthorized']);
    }
  });
});

it('a key that lacks the scope gets 403, before ids and bodies are looked at', async () => {
  for (const operation of operations) {
    const scope = scopeOf(operation);
    if (scope === null) continue;
    const others = SCOPES.filter((each: Scope) => each !== scope);
    const weak = await makeKey(rooms.pools.api, owner.tenantId, others);
    const own = await ask(operation, weak);
    expect(refusal(own), operation.id).toEqual([403, 'insufficient_scope']);
    const ofOthers = Object.fromEntries(parametersOf(operation).map((name) => [name, fresh()]));
    const malformed = Object.fromEntries(parametersOf(operation).map((name) => [name, 'x']));
    expect(visible(await ask(operation, weak, ofOthers)), operation.id).toEqual(visible(own));
    expect(visible(await ask(operation, weak, malformed)), operation.id).toEqual(visible(own));
    const path = `${pathWith(operation, ids)}?unknown=1`;
    const broken = await api.call(operation.method, path, { key: weak, body: '{' });
    expect(visible(broken), operation.id).toEqual(visible(own));
    const alone = await makeKey(rooms.pools.api, stranger.tenantId, [scope]);
    expect((await ask(operation, alone)).status, operation.id).not.toBe(403);
  }
});

describe('a cursor', () => {
  it('is good for its tenant and its list alone, and else like any text', async () => {
    for (let i = 0; i < 2; i++) {
      for (const { tenantId } of [owner, stranger]) {
        const { id } = await makeEndpoint(rooms.pools.api, tenantId);
        await api.call('POST', `/v1/endpoints/${id}/test`, {
          key: (tenantId === owner.tenantId ? owner : stranger).apiKey,
        });
      }
    }
    const lists = ['/v1/endpoints', '/v1/events', '/v1/api-keys'];
    const described = operations.filter(({ queries }) => queries.includes('cursor'));
    expect(described.map(({ path }) => path).sort()).toEqual([...lists, '/v1/tenants'].sort());
    const page = (list: string, key: string, cursor: string) =>
      api.call('GET', `${list}?limit=1&cursor=${cursor}`, { key });
    for (const list of lists) {
      const first = await api.call('GET', `${list}?limit=1`, { key: owner.apiKey });
      const { next_cursor: cursor } = first.json<{ next_cursor: string }>();
      expect(cursor).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect((await page(list, owner.apiKey, cursor)).status).toBe(200);
      const refused = await page(list, stranger.apiKey, 'x');
      expect(refusal(refused)).toEqual([400, 'invalid_request', '/cursor']);
      expect(visible(await page(list, stranger.apiKey, cursor))).toEqual(visible(refused));
      const other = lists.find((each) => each !== list) ?? '';
      expect(visible(await page(other, owner.apiKey, cursor))).toEqual(visible(refused));
      const bent = `${cursor.slice(0, 20)}${cursor[20] === 'A' ? 'B' : 'A'}${cursor.slice(21)}`;
      expect(visible(await page(list, owner.apiKey, bent))).toEqual(visible(refused));
    }
  });
});

it('idempotency keys of one tenant say nothing to another', async () => {
  const headers = { 'idempotency-key': 'same' };
  const replay = (key: string, status: string) =>
    api.call('POST', '/v1/events/replay', { key, headers, body: { status } });
  expect((await replay(owner.apiKey, 'failed')).status).toBe(202);
  expect((await replay(stranger.apiKey, 'delivered')).status).toBe(202);
  expect(refusal(await replay(owner.apiKey, 'delivered'))).toEqual([409, 'idempotency_mismatch']);
});

it('the owner is answered on every operation: the ids of this sweep are real', async () => {
  // What takes things away comes last, the endpoint after all that is below it.
  const order = ({ method, path }: Operation): number =>
    method !== 'DELETE' ? 0 : path.includes('share') ? 1 : 2;
  for (const operation of [...withIds()].sort((a, b) => order(a) - order(b))) {
    const answer = await ask(operation, owner.apiKey);
    expect(answer.status, `${operation.id}: ${answer.text}`).toBeLessThan(300);
  }
});
