/** The static side over real HTTP: the core's client makes its proofs from checkpoint and tiles alone. */
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryTree } from '@kapsel/tree';
import {
  consistencyProofFromTiles,
  encodeTilePath,
  hexFromBytes,
  inclusionProofFromTiles,
  planConsistencyTiles,
  planInclusionTiles,
  planLeafTiles,
  type TileId,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TreeHead } from '../../../src/attestation/tree-head.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { type BenchLog, makeLog } from '../../support/log-bench.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { growLog, headOf, type SignedLog, signLog } from '../../support/signed-log.ts';

const SIZE = 600;

let rooms: Rooms;
let api: Api;
let log: BenchLog;
let signed: SignedLog;
let head: TreeHead;
let url: string;
const leaves: Uint8Array[] = [];
const tree = new MemoryTree();

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  await api.http.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.http.server.address() as AddressInfo).port}`;
  log = await makeLog(rooms.pools.api);
  signed = await signLog(rooms.pools.sequencer, log);
  for (const { leaf } of await growLog(signed, SIZE)) {
    leaves.push(leaf.hash);
    tree.append(leaf.hash);
  }
  head = await headOf(signed);
  await growLog(signed, 30); // committed, not signed
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

async function fetchTiles(plan: readonly TileId[]): Promise<Uint8Array[]> {
  return Promise.all(
    plan.map(async (tile) => {
      const answer = await fetch(`${url}/log/${log.name}/${encodeTilePath(tile)}`);
      expect(answer.status).toBe(200);
      return new Uint8Array(await answer.arrayBuffer());
    }),
  );
}

/** Clients put paths in order before they send them; this one does not. */
function rawStatus(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on('error', reject);
    request.end();
  });
}

const get = (path: string) => api.call('GET', `/log/${log.name}/${path}`);

describe('a client with nothing but these paths', () => {
  it('proves leaves and older trees under the checkpoint', async () => {
    const note = await (await fetch(`${url}/log/${log.name}/checkpoint`)).text();
    const { treeSize, rootHash } = verifyCheckpoint(note, log.origin, signed.signer.publicKey);
    expect(treeSize).toBe(BigInt(SIZE));
    for (const index of [0, 255, 256, 511, 512, 599]) {
      const tiles = await fetchTiles(planInclusionTiles(index, SIZE));
      const proof = inclusionProofFromTiles(index, SIZE, tiles, rootHash);
      expect(hexFromBytes(proof.leafHash)).toBe(hexFromBytes(leaves[index] ?? new Uint8Array()));
      verifyInclusion(proof.leafHash, index, SIZE, proof.proofHashes, rootHash);
    }
    for (const oldSize of [1, 256, 300, 599]) {
      const tiles = await fetchTiles(planConsistencyTiles(oldSize, SIZE));
      const path = consistencyProofFromTiles(oldSize, SIZE, tiles, rootHash);
      verifyConsistency(tree.root(oldSize), rootHash, oldSize, SIZE, path);
    }
  });

  it('proves them under older sizes, whose partial tiles are cut from wider ones', async () => {
    for (const size of [1, 2, 100, 255, 256, 257, 511, 513, 599]) {
      const tiles = await fetchTiles(planInclusionTiles(size - 1, size));
      const { proofHashes } = inclusionProofFromTiles(size - 1, size, tiles, tree.root(size));
      verifyInclusion(
        leaves[size - 1] ?? new Uint8Array(),
        size - 1,
        size,
        proofHashes,
        tree.root(size),
      );
      expect((await fetchTiles(planLeafTiles(0, size)))[0]?.length).toBeGreaterThan(0);
    }
  });
});

describe('a tile', () => {
  it('is bytes that may be kept for ever, with a tag', async () => {
    for (const [path, width] of [
      ['tile/0/000', 256],
      ['tile/0/000.p/1', 1],
      ['tile/0/000.p/255', 255],
      ['tile/0/002.p/88', 88],
      ['tile/1/000.p/2', 2],
    ] as const) {
      const answer = await get(path);
      expect([path, answer.status, answer.bytes.length]).toEqual([path, 200, width * 32]);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'cache-control': 'public, max-age=31536000, immutable',
      });
      const again = await api.call('GET', `/log/${log.name}/${path}`, {
        headers: { 'if-none-match': String(answer.headers.etag) },
      });
      expect([again.status, again.bytes.length]).toEqual([304, 0]);
    }
  });

  it('is never wider than the newest head, though more is committed', async () => {
    for (const path of ['tile/0/002.p/89', 'tile/0/002.p/118', 'tile/0/002', 'tile/0/003.p/1']) {
      expect(refusal(await get(path)), path).toEqual([404, 'not_found']);
    }
    expect(head.treeSize).toBe(SIZE);
  });

  it.each([
    '0/0',
    '0/00',
    '0/0000',
    '00/000',
    '01/000',
    '64/000',
    '-1/000',
    '0/x000/000',
    '0/x000',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000.p/',
    '0/000.p',
    '0/000.p/1/',
    '0/000/',
    '0//000',
    '0/000.P/1',
    '0/%30%30%30',
    '0/000%2ep/1',
    '0%2f000',
    '..%2f..%2f..%2fetc/passwd',
    '0/999',
    '1/001.p/1',
    '2/000.p/1',
    '63/000',
    '0/x999/x999/x999/x999/x999/999',
    'entries/000',
    'entries/000.p/1',
    '',
  ])('is not found under tile/%s', async (path) => {
    expect(refusal(await get(`tile/${path}`))).toEqual([404, 'not_found']);
  });

  it.each(['0/../0/000', '../checkpoint', '%2e%2e/checkpoint', '../../shared/checkpoint'])(
    'is not found under tile/%s, sent as it stands',
    async (path) => {
      expect(await rawStatus(`/log/${log.name}/tile/${path}`)).toBe(404);
    },
  );

  it.each(['tile', 'tile/0', 'checkpoint/', 'Checkpoint', 'entries/000', ''])(
    'nothing is found under %s',
    async (path) => {
      expect(refusal(await get(path))).toEqual([404, 'not_found']);
    },
  );
});

describe('a log by its name', () => {
  it('that does not exist, or could not, is not found', async () => {
    for (const name of ['none', 'NONE', '%00', '..', '%2e%2e', 'a'.repeat(300)]) {
      for (const path of ['checkpoint', 'tile/0/000.p/1']) {
        expect(refusal(await api.call('GET', `/log/${name}/${path}`))).toEqual([404, 'not_found']);
      }
    }
  });

  it('without a head has neither checkpoint nor tiles', async () => {
    const empty = await makeLog(rooms.pools.api);
    const ask = (path: string) => api.call('GET', `/log/${empty.name}/${path}`);
    expect(refusal(await ask('checkpoint'))).toEqual([404, 'no_tree_head']);
    expect(refusal(await ask('tile/0/000.p/1'))).toEqual([404, 'not_found']);
  });

  it('answers its checkpoint as text for a second, with a tag', async () => {
    const answer = await get('checkpoint');
    expect(answer.text).toBe(head.checkpoint);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=1',
    });
    const headers = { 'if-none-match': String(answer.headers.etag) };
    const again = await api.call('GET', `/log/${log.name}/checkpoint`, { headers });
    expect(again.status).toBe(304);
  });

  it('takes no query parameters', async () => {
    expect(refusal(await get('checkpoint?x=1'))).toEqual([400, 'invalid_request', '/x']);
    expect(refusal(await get('tile/0/000?x=1'))).toEqual([400, 'invalid_request', '/x']);
  });
});
