import {
  bytesFromHex,
  hexFromBytes,
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
  return hexFromBytes(settlement(rooms, job).leaf.hash);
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
    const path = `${prefix}/attestation/download-proof/${jobs[0]?.deliveryAttemptId}?anchor=none`;
    expect(refusal(await get(path, tenant.apiKey))).toEqual([400, 'invalid_request', '/anchor']);
  });

  it.each([
    ['sth?tree_size=01', '/tree_size'],
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
    const { leaf } = settlement(rooms, job);
    const answer = await get(`/attestation/proof/${hexFromBytes(leaf.hash)}`);
    expect(refusal(answer)).toEqual([404, 'not_found']);
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
      `proof/${hexFromBytes(settlement(empty, job).leaf.hash)}`,
      'consistency-proof?old_size=1&new_size=1',
    ]) {
      const answer = await emptyApi.call('GET', `/attestation/${path}`);
      expect(refusal(answer)).toEqual([404, 'no_tree_head']);
    }
    const path = `/attestation/download-proof/${job.deliveryAttemptId}`;
    const answer = await emptyApi.call('GET', path, { key: owner.apiKey });
    expect(refusal(answer)).toEqual([409, 'not_yet_committed']);
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
