import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSealer } from '../../src/base/seal.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { putSignature } from '../../src/endpoints/signature-store.ts';
import { createTargetFinder } from '../../src/ingest/target.ts';
import { TEST_SEALER } from '../support/api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';
import { githubHeaders, rawHeaders } from './support/sign.ts';

let rooms: Rooms;
let endpoint: Endpoint;
const clock = new ManualClock();
beforeAll(async () => {
  rooms = await openRooms();
  const { tenantId } = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenantId);
});
afterAll(() => rooms.close());

const BODY = Buffer.from('{}');

function finder(sealer = TEST_SEALER) {
  return createTargetFinder({ pool: rooms.pools.ingest, sealer, clock });
}

async function sign(secrets: readonly string[]): Promise<void> {
  await putSignature(rooms.pools.api, endpoint.tenantId, TEST_SEALER, {
    endpointId: endpoint.id,
    choice: { scheme: 'github' },
    secrets,
    updatedAtMs: 0,
  });
}

describe('a target', () => {
  it('has the verifier of its scheme, and forgets the old one after a second', async () => {
    await sign(['old']);
    const find = finder();
    const verdict = async (secret: string) =>
      (await find(endpoint.id))?.verifier?.verify(rawHeaders(githubHeaders(secret, BODY)), BODY, 0)
        .kind;
    expect([await verdict('old'), await verdict('new')]).toEqual(['verified', 'invalid']);
    await sign(['new']);
    clock.advance(999);
    expect([await verdict('old'), await verdict('new')]).toEqual(['verified', 'invalid']);
    clock.advance(1);
    expect([await verdict('old'), await verdict('new')]).toEqual(['invalid', 'verified']);
  });

  it('whose secrets or scheme cannot be read accepts nothing: finding it fails', async () => {
    await sign(['a']);
    await expect(finder(createSealer(new Uint8Array(32)))(endpoint.id)).rejects.toThrow(/key/);
    await rooms.pools.api.query(`UPDATE endpoint_signatures SET scheme = '{"scheme":"newer"}'`);
    await expect(finder()(endpoint.id)).rejects.toThrow('unknown signature scheme');
    await rooms.pools.api.query("UPDATE endpoint_signatures SET scheme = 'null'");
    await expect(finder()(endpoint.id)).rejects.toThrow('unknown signature scheme');
  });
});
