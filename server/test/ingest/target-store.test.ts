import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { putSignature } from '../../src/endpoints/signature-store.ts';
import { findTargetAcrossTenants } from '../../src/ingest/target-store.ts';
import { TEST_SEALER } from '../support/api.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('finds an endpoint with its scheme, and none that is deleted or unknown', async () => {
  const db = rooms.pools.ingest;
  const { tenantId } = await makeTenant(db);
  const { id: endpointId } = await makeEndpoint(db, tenantId);
  const bare = { endpointId, tenantId, scheme: null, sealedSecrets: [], keptHeaders: [] };
  expect(await findTargetAcrossTenants(db, endpointId)).toEqual(bare);
  await putSignature(db, tenantId, TEST_SEALER, {
    endpointId,
    choice: { scheme: 'github' },
    secrets: ['a', 'b'],
    updatedAtMs: 0,
  });
  expect(await findTargetAcrossTenants(db, endpointId)).toEqual({
    ...bare,
    scheme: { scheme: 'github' },
    sealedSecrets: [expect.any(Buffer), expect.any(Buffer)],
  });
  // A scheme of nothing is still a scheme: it must not look like an endpoint that asks for none.
  await db.query("UPDATE endpoint_signatures SET scheme = 'null'");
  expect((await findTargetAcrossTenants(db, endpointId))?.scheme).toBeUndefined();
  await db.query('UPDATE endpoints SET deleted_at = now()');
  expect(await findTargetAcrossTenants(db, endpointId)).toBeNull();
  expect(await findTargetAcrossTenants(db, newId(systemClock.nowMs()))).toBeNull();
});
