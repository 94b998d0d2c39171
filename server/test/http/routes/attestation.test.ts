import { createHash } from 'node:crypto';
import {
  bytesFromHex,
  encodeVkey,
  hexFromBytes,
  keyIdFromPublicKey,
  parseTreeHead,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
  verifyProofPackage,
  verifyTreeHead,
} from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TreeHead } from '../../../src/attestation/tree-head.ts';
import type { Endpoint } from '../../../src/endpoints/endpoint.ts';
import type { SendableJob } from '../../../src/queue/job.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { claim, makeDelivery, makeEvent, settlement } from '../../support/deliveries.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let tenant: TestTenant;
let endpoint: Endpoint;
const jobs: SendableJob[] = [];
const heads: TreeHead[] = [];

// Five leaves, with a head at sizes 1, 3 and 5.
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  tenant = await makeTenant(rooms.pools.api);
  endpoint = await makeEndpoint(rooms.pools.api, tenant.tenantId);
  for (let size = 1; size <= 5; size++) {
    jobs.push(await makeDelivery(rooms, endpoint, Buffer.from(`${size}`)));
    if (size % 2 === 1) heads.push(await rooms.commit());
  }
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

interface ProofJson {
  leaf_hash: string;
  leaf_index: number;
  tree_size: number;
  proof_hashes: string[];
  root_hash: string;
}

function hashOf(index: number): string {
  const job = jobs[index];
  if (job === undefined) throw new RangeError(`no leaf ${index}`);
  return hexFromBytes(settlement(job).leaf.hash);
}

async function get(path: string, key?: string) {
  return api.call('GET', path, key === undefined ? {} : { key });
}

function headJson(head: TreeHead) {
  return {
    tree_size: head.treeSize,
    root_hash: hexFromBytes(head.rootHash),
    timestamp: head.timestampMs,
    signature: hexFromBytes(head.signature),
    public_key: hexFromBytes(rooms.signer.publicKey),
    sth_id: head.id,
    log: rooms.log.origin,
    checkpoint: head.checkpoint,
  };
}

describe.each(['', '/api/v1'])('below "%s"', (prefix) => {
  it('/attestation/sth answers the newest head, which verifies in both forms', async () => {
    const answer = await get(`${prefix}/attestation/sth`);
    expect([answer.status, answer.json()]).toEqual([200, headJson(heads[2] as TreeHead)]);
    expect(answer.headers['cache-control']).toBe('public, max-age=1');
    const head = parseTreeHead(answer.text);
    verifyTreeHead(head);
    const note = verifyCheckpoint(head.checkpoint ?? '', rooms.log.origin, rooms.signer.publicKey);
    expect(note.treeSize).toBe(5n);
  });

  it('/attestation/sth?tree_size= answers a stored head', async () => {
    const answer = await get(`${prefix}/attestation/sth?tree_size=3`);
    expect(answer.json()).toEqual(headJson(heads[1] as TreeHead));
  });

  it.each(['0', '2', '6', '999999999999999'])(
    '/attestation/sth?tree_size=%s is a head that was never signed',
    async (size) => {
      const answer = await get(`${prefix}/attestation/sth?tree_size=${size}`);
      expect(refusal(answer)).toEqual([404, 'no_tree_head']);
    },
  );

  it('/attestation/proof proves every leaf under every size that holds it', async () => {
    for (const [index] of jobs.entries()) {
      for (let size = index + 1; size <= 5; size++) {
        const answer = await get(`${prefix}/attestation/proof/${hashOf(index)}?tree_size=${size}`);
        expect(answer.status).toBe(200);
        const proof = answer.json<ProofJson>();
        expect(proof).toMatchObject({
          leaf_hash: hashOf(index),
          leaf_index: index,
          tree_size: size,
        });
        const path = proof.proof_hashes.map(bytesFromHex);
        verifyInclusion(
          bytesFromHex(hashOf(index)),
          index,
          size,
          path,
          bytesFromHex(proof.root_hash),
        );
      }
    }
  });

  it('/attestation/proof without a size is about the newest head', async () => {
    const proof = (await get(`${prefix}/attestation/proof/${hashOf(0)}`)).json<ProofJson>();
    expect(proof.tree_size).toBe(5);
    expect(proof.root_hash).toBe(hexFromBytes((heads[2] as TreeHead).rootHash));
  });

  it('/attestation/proof of a leaf beyond the size is not found', async () => {
    const answer = await get(`${prefix}/attestation/proof/${hashOf(3)}?tree_size=3`);
    expect(refusal(answer)).toEqual([404, 'not_found']);
  });

  it.each(['0', '6'])('/attestation/proof?tree_size=%s is out of range', async (size) => {
    const answer = await get(`${prefix}/attestation/proof/${hashOf(0)}?tree_size=${size}`);
    expect(refusal(answer)).toEqual([400, 'size_out_of_range']);
  });

  it('/attestation/consistency-proof proves every pair of sizes', async () => {
    const roots = new Map<number, string>();
    for (let oldSize = 1; oldSize <= 5; oldSize++) {
      for (let newSize = oldSize; newSize <= 5; newSize++) {
        const query = `old_size=${oldSize}&new_size=${newSize}`;
        const answer = await get(`${prefix}/attestation/consistency-proof?${query}`);
        expect(answer.status).toBe(200);
        const proof = answer.json<{ old_root: string; new_root: string; proof_hashes: string[] }>();
        expect(proof).toMatchObject({ old_size: oldSize, new_size: newSize });
        const path = proof.proof_hashes.map(bytesFromHex);
        const oldRoot = bytesFromHex(proof.old_root);
        verifyConsistency(oldRoot, bytesFromHex(proof.new_root), oldSize, newSize, path);
        roots.set(newSize, proof.new_root);
      }
    }
    for (const head of heads) expect(roots.get(head.treeSize)).toBe(hexFromBytes(head.rootHash));
  });

  it.each(['0&new_size=5', '3&new_size=2', '1&new_size=6'])(
    '/attestation/consistency-proof?old_size=%s is out of range',
    async (sizes) => {
      const answer = await get(`${prefix}/attestation/consistency-proof?old_size=${sizes}`);
      expect(refusal(answer)).toEqual([400, 'size_out_of_range']);
    },
  );

  it('/attestation/download-proof answers a package that verifies on its own', async () => {
    const id = jobs[0]?.deliveryAttemptId;
    const answer = await get(`${prefix}/attestation/download-proof/${id}`, tenant.apiKey);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="${id}.kapsel.json"`);
    const keys = [{ publicKey: rooms.signer.publicKey, name: null }];
    const report = verifyProofPackage(answer.text, { keys }, { nowMs: Date.now() + 1_000 });
    expect(report.verdict).toBe('verified');
    expect(report.claims?.deliveryAttemptId).toBe(id);
  });

  it('/attestation/download-proof refuses query parameters', async () => {
    const path = `${prefix}/attestation/download-proof/${jobs[0]?.deliveryAttemptId}?more=none`;
    expect(refusal(await get(path, tenant.apiKey))).toEqual([400, 'invalid_request', '/more']);
  });

  it('/attestation/checkpoint answers the newest head as a note', async () => {
    const answer = await get(`${prefix}/attestation/checkpoint`);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text).toBe((heads[2] as TreeHead).checkpoint);
    const note = verifyCheckpoint(answer.text, rooms.log.origin, rooms.signer.publicKey);
    expect(note.treeSize).toBe(5n);
  });

  it('/attestation/keys answers the keys, each as others configure it', async () => {
    const answer = await get(`${prefix}/attestation/keys`);
    const { publicKey } = rooms.signer;
    expect(answer.json()).toEqual({
      log: rooms.log.origin,
      keys: [
        {
          key_id: keyIdFromPublicKey(publicKey),
          public_key: hexFromBytes(publicKey),
          vkey: encodeVkey(rooms.log.origin, publicKey),
          state: 'active',
          valid_from: expect.stringMatching(/^\d{4}-.*Z$/),
          valid_until: null,
        },
      ],
      statements: [],
      signed_tree_head: headJson(heads[2] as TreeHead),
    });
  });

  it('/attestation/proof?leaf_index= proves the leaf at its place, and no other', async () => {
    const ask = (index: number | string) =>
      get(`${prefix}/attestation/proof/${hashOf(3)}?leaf_index=${index}`);
    expect((await ask(3)).json()).toMatchObject({ leaf_index: 3, tree_size: 5 });
    for (const index of [0, 2, 4, 5, 6, '999999999999999']) {
      expect(refusal(await ask(index)), `${index}`).toEqual([404, 'not_found']);
    }
    const size = await get(`${prefix}/attestation/proof/${hashOf(3)}?leaf_index=3&tree_size=3`);
    expect(refusal(size)).toEqual([404, 'not_found']);
  });

  it('/attestation answers say how long they are good for, and 304 to who has them', async () => {
    const FOR_EVER = 'public, max-age=31536000, immutable';
    for (const [path, cacheControl] of [
      ['sth', 'public, max-age=1'],
      ['sth?tree_size=3', 'public, max-age=1'],
      ['checkpoint', 'public, max-age=1'],
      ['keys', 'public, max-age=1'],
      [`proof/${hashOf(1)}`, 'public, max-age=1'],
      [`proof/${hashOf(1)}?tree_size=4`, FOR_EVER],
      ['consistency-proof?old_size=2&new_size=4', FOR_EVER],
    ] as const) {
      const answer = await get(`${prefix}/attestation/${path}`);
      expect([path, answer.headers['cache-control']]).toEqual([path, cacheControl]);
      expect(answer.headers.vary).toBe('authorization');
      const etag = String(answer.headers.etag);
      expect(etag).toBe(`"${createHash('sha256').update(answer.bytes).digest('base64url')}"`);
      const headers = { 'if-none-match': etag };
      const again = await api.call('GET', `${prefix}/attestation/${path}`, { headers });
      expect([again.status, again.bytes.length, again.headers.etag]).toEqual([304, 0, etag]);
      // With a key it is the answer for that key alone.
      const own = await get(`${prefix}/attestation/${path}`, tenant.apiKey);
      expect([own.text, own.headers['cache-control']]).toEqual([answer.text, 'private, no-cache']);
    }
    const package_ = await get(
      `${prefix}/attestation/download-proof/${jobs[0]?.deliveryAttemptId}`,
      tenant.apiKey,
    );
    expect([package_.headers['cache-control'], package_.headers.etag]).toEqual([
      'no-store',
      undefined,
    ]);
  });

  it.each([
    ['sth?tree_size=01', '/tree_size'],
    ['checkpoint?tree_size=1', '/tree_size'],
    ['keys?key_id=1', '/key_id'],
    [`proof/${'0'.repeat(64)}?leaf_index=-1`, '/leaf_index'],
    ['sth?log=shared&log=shared', '/log'],
    ['sth?tree_size=-1', '/tree_size'],
    ['sth?tree_size=1.5', '/tree_size'],
    ['sth?tree_size=1e3', '/tree_size'],
    ['sth?tree_size=', '/tree_size'],
    ['sth?tree_size=1&tree_size=2', '/tree_size'],
    ['sth?tree_size=1000000000000000', '/tree_size'],
    ['sth?size=1', '/size'],
    [`proof/${'0'.repeat(64)}?tree_size=x`, '/tree_size'],
    [`proof/${'0'.repeat(64)}?size=1`, '/size'],
    ['consistency-proof?old_size=1', '/new_size'],
    ['consistency-proof?new_size=1', '/old_size'],
    ['consistency-proof?old_size=1&new_size=2&x=3', '/x'],
    ['consistency-proof?old_size=one&new_size=2', '/old_size'],
  ])('/attestation/%s is refused', async (path, where) => {
    expect(refusal(await get(`${prefix}/attestation/${path}`))).toEqual([
      400,
      'invalid_request',
      where,
    ]);
  });
});

describe('an attempt that is not under a head yet', () => {
  async function notYet(attemptId: string): Promise<void> {
    const path = `/attestation/download-proof/${attemptId}`;
    const answer = await get(path, tenant.apiKey);
    expect(refusal(answer)).toEqual([409, 'not_yet_committed']);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.headers['content-disposition']).toBeUndefined();
  }

  it('has no package while it is on its way', async () => {
    const id = await makeEvent(rooms.pools.ingest, endpoint);
    const [job] = await claim(rooms.pools.worker, 1);
    expect(job?.eventId).toBe(id);
    await notYet(job?.deliveryAttemptId ?? '');
  });

  it('has no package while its leaf waits', async () => {
    const job = await makeDelivery(rooms, endpoint);
    await notYet(job.deliveryAttemptId);
    const { leaf } = settlement(job);
    const answer = await get(`/attestation/proof/${hexFromBytes(leaf.hash)}`);
    expect(refusal(answer)).toEqual([409, 'not_yet_committed']);
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('a log without a head', () => {
  it('says so, also to the owner of an attempt', async () => {
    const empty = await openRooms();
    const emptyApi = openApi(empty);
    const owner = await makeTenant(empty.pools.api);
    const job = await makeDelivery(empty, await makeEndpoint(empty.pools.api, owner.tenantId));
    for (const path of [
      'sth',
      'checkpoint',
      `proof/${'0'.repeat(64)}`,
      'consistency-proof?old_size=1&new_size=1',
    ]) {
      const answer = await emptyApi.call('GET', `/attestation/${path}`);
      expect(refusal(answer)).toEqual([404, 'no_tree_head']);
    }
    const waiting = `/attestation/proof/${hexFromBytes(settlement(job).leaf.hash)}`;
    for (const path of [waiting, `/attestation/download-proof/${job.deliveryAttemptId}`]) {
      const answer = await emptyApi.call('GET', path, { key: owner.apiKey });
      expect(refusal(answer)).toEqual([409, 'not_yet_committed']);
    }
    const keys = await emptyApi.call('GET', '/attestation/keys');
    expect(keys.json()).toMatchObject({ keys: [{ state: 'active' }], signed_tree_head: null });
    await emptyApi.close();
    await empty.close();
  });
});

it('a package that does not verify never leaves the house', async () => {
  const stranger = { ...rooms.log, origin: 'log.kapsel.example/another' };
  const [job] = jobs;
  await rooms.pools.api.query('UPDATE logs SET origin = $1', [stranger.origin]);
  try {
    const path = `/attestation/download-proof/${job?.deliveryAttemptId}`;
    const answer = await get(path, tenant.apiKey);
    expect(refusal(answer)).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('kapsel.proof/v1');
  } finally {
    await rooms.pools.api.query('UPDATE logs SET origin = $1', [rooms.log.origin]);
  }
});
