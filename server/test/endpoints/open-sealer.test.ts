import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConfigError } from '../../src/base/config.ts';
import { putCredentials } from '../../src/endpoints/credentials-store.ts';
import { openSealer } from '../../src/endpoints/open-sealer.ts';
import { putSignature } from '../../src/endpoints/signature-store.ts';
import { makePair } from '../../src/endpoints/signing-pair.ts';
import { insertPair } from '../../src/endpoints/signing-store.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

const [right, wrong] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

it('opens none while anything is sealed under a key that is not here', async () => {
  const db = rooms.pools.api;
  const { tenantId } = await makeTenant(db);
  const { id: endpointId } = await makeEndpoint(db, tenantId);
  // Nothing is sealed yet: any key may be the first.
  await openSealer(rooms.pools.ingest, wrong);
  const sealer = await openSealer(rooms.pools.ingest, right);
  const client = {
    identity: { certificate: 'a', privateKey: 'b' },
    info: { sha256: new Uint8Array(32), expiresAtMs: 0 },
  };
  const none = { endpointId, customHeaders: {}, client: null, updatedAtMs: 0 };
  const writers = [
    () =>
      putSignature(db, tenantId, sealer, {
        endpointId,
        choice: { scheme: 'github' },
        secrets: ['a'],
        updatedAtMs: 0,
      }),
    () => putCredentials(db, tenantId, sealer, { ...none, customHeaders: { a: 'b' } }),
    () => putCredentials(db, tenantId, sealer, { ...none, client }),
    () => insertPair(db, tenantId, sealer, { endpointId, pair: makePair(), createdAtMs: 0 }),
  ];
  const tables = ['endpoint_signatures', 'endpoint_credentials', 'endpoint_signing_secrets'];
  for (const write of writers) {
    await write();
    await expect(openSealer(rooms.pools.ingest, wrong)).rejects.toThrow(ConfigError);
    await openSealer(rooms.pools.ingest, right);
    await openSealer(rooms.pools.ingest, wrong, [right]);
    for (const table of tables) await db.query(`DELETE FROM ${table}`);
    await openSealer(rooms.pools.ingest, wrong);
  }
});
