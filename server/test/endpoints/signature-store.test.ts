import { afterAll, beforeAll, expect, it } from 'vitest';
import { SealError } from '../../src/base/seal.ts';
import {
  deleteSignature,
  placeOfSecret,
  putSignature,
} from '../../src/endpoints/signature-store.ts';
import { findEndpoint } from '../../src/endpoints/store.ts';
import { TEST_SEALER } from '../support/api.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('keeps a scheme with sealed secrets, of which an endpoint shows the number', async () => {
  const db = rooms.pools.api;
  const { tenantId } = await makeTenant(db);
  const stranger = await makeTenant(db);
  const { id: endpointId } = await makeEndpoint(db, tenantId);
  const signature = (scheme: 'github' | 'slack', secrets: string[]) => ({
    endpointId,
    choice: { scheme },
    secrets,
    updatedAtMs: 0,
  });
  const shown = async () => (await findEndpoint(db, tenantId, endpointId))?.signature;

  await putSignature(db, tenantId, TEST_SEALER, signature('github', ['canary-1', 'canary-2']));
  expect(await shown()).toEqual({ choice: { scheme: 'github' }, secretCount: 2 });
  const { rows } = await db.query<{ secrets: Buffer[]; text: string }>(
    'SELECT secrets, s::text AS text FROM endpoint_signatures s WHERE endpoint_id = $1',
    [endpointId],
  );
  const sealed = rows[0]?.secrets ?? [];
  expect(sealed.map((each) => TEST_SEALER.open(each, placeOfSecret(endpointId)))).toEqual([
    'canary-1',
    'canary-2',
  ]);
  expect(Buffer.concat(sealed).includes('canary')).toBe(false);
  expect(rows[0]?.text).not.toContain(Buffer.from('canary').toString('hex'));
  const other = await makeEndpoint(db, tenantId);
  expect(() => TEST_SEALER.open(sealed[0] as Buffer, placeOfSecret(other.id))).toThrow(SealError);

  await putSignature(db, tenantId, TEST_SEALER, signature('slack', ['new']));
  expect(await shown()).toEqual({ choice: { scheme: 'slack' }, secretCount: 1 });

  // Another tenant changes nothing, nor does it take it away.
  await putSignature(db, stranger.tenantId, TEST_SEALER, signature('github', ['theirs']));
  await deleteSignature(db, stranger.tenantId, endpointId);
  expect(await shown()).toEqual({ choice: { scheme: 'slack' }, secretCount: 1 });
  await deleteSignature(db, tenantId, endpointId);
  expect(await shown()).toBeNull();
});
