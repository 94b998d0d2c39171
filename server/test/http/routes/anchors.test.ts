/** Anchors over HTTP: the list, one of them, its two files, and packages under the head that stands in a block. */
import {
  bytesFromBase64,
  bytesFromHex,
  parseOtsProof,
  sha256,
  verifyProofPackage,
} from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Anchor } from '../../../src/anchors/anchor.ts';
import { findHeadBySize } from '../../../src/attestation/head-store.ts';
import {
  type AnchorBench,
  HOUR_MS,
  LAB,
  MINUTE_MS,
  openAnchorBench,
} from '../../support/anchor-bench.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';
import { makeKey } from '../../support/tenant.ts';

let rooms: Rooms;
let api: Api;
let anchors: AnchorBench;
let key: string;
let witnessedSizes: number[];
/** Of the leaves of the log, in its order. */
let ids: string[];

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, {
    chain: LAB,
    findWitnessedHead: async (_logId, atMost = 1_000) => {
      const size = witnessedSizes.filter((each) => each <= atMost).at(-1);
      return size === undefined ? null : headOfSize(size);
    },
  });
  witnessedSizes = [];
  anchors = await openAnchorBench(rooms.pools.sequencer);
  key = await makeKey(rooms.pools.api, anchors.log.tenantId, ['proofs:read']);
  // 3 leaves confirmed, 5 with a promise, 6 with neither.
  await anchors.grow(3);
  await anchors.stamp();
  await anchors.run();
  for (const calendar of anchors.calendars) calendar.confirm();
  await anchors.after(11 * MINUTE_MS);
  await anchors.after(2 * HOUR_MS);
  await anchors.grow(2);
  await anchors.stamp();
  await anchors.run();
  await anchors.grow(1);
  const { rows } = await rooms.pools.api.query<{ id: string }>(
    'SELECT delivery_attempt_id AS id FROM merkle_leaves WHERE log_id = $1 ORDER BY leaf_index',
    [anchors.log.id],
  );
  ids = rows.map(({ id }) => id);
});
afterAll(async () => {
  await anchors.close();
  await api.close();
  await rooms.close();
});

const headOfSize = (size: number) => findHeadBySize(rooms.pools.api, anchors.log.id, size);

const ask = (path: string) => api.call('GET', `/attestation${path}`, { key });

interface PackageJson {
  readonly signed_tree_head: { readonly tree_size: number; readonly checkpoint: string };
  readonly anchors?: readonly { readonly proof: string; readonly headers?: readonly string[] }[];
}

const packageOf = async (index: number, query = ''): Promise<PackageJson> =>
  (await ask(`/download-proof/${ids[index]}${query}`)).json<PackageJson>();

it('lists the anchors of a log, the largest first, in pages', async () => {
  const list = (await ask('/anchors')).json<{ anchors: unknown[]; next_before: null }>();
  expect(list.next_before).toBeNull();
  expect(list.anchors).toMatchObject([
    { tree_size: 5, status: 'pending', block_height: null, block_header: null },
    { tree_size: 3, status: 'confirmed', block_height: 101, header_source: 'node' },
  ]);
  const first = (await ask('/anchors?limit=1')).json<{ anchors: unknown[]; next_before: number }>();
  expect([first.anchors.length, first.next_before]).toEqual([1, 5]);
  const second = await ask(`/anchors?limit=1&before=${first.next_before}`);
  expect(second.json()).toMatchObject({ anchors: [{ tree_size: 3 }], next_before: null });
  for (const query of ['limit=0', 'limit=101', 'before=0', 'before=x', 'more=1']) {
    expect(refusal(await ask(`/anchors?${query}`)).slice(0, 2)).toEqual([400, 'invalid_request']);
  }
});

it('shows one, and gives the pair of files that the stock client takes', async () => {
  const one = (await ask('/anchors/3')).json<{ checkpoint: string; ots: string; calendars: [] }>();
  expect(one.calendars).toHaveLength(2);
  const checkpoint = await ask('/anchors/3/checkpoint');
  const ots = await ask('/anchors/3/checkpoint.ots');
  expect(checkpoint.text).toBe(one.checkpoint);
  expect(checkpoint.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename="checkpoint"',
  });
  expect(ots.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename="checkpoint.ots"',
  });
  expect(ots.bytes).toEqual(Buffer.from(one.ots, 'base64'));
  const { timestamp } = parseOtsProof(new Uint8Array(ots.bytes));
  expect(timestamp.message).toEqual(sha256(new Uint8Array(checkpoint.bytes)));
  expect(checkpoint.text.match(/^\u2014 /gm)).toHaveLength(1);
});

it('is 404 for what is no anchor, and for a log that the caller may not see', async () => {
  for (const size of ['4', '0', '03', '-1', 'x', '99999999999999999999']) {
    for (const file of ['', '/checkpoint', '/checkpoint.ots']) {
      expect(refusal(await ask(`/anchors/${size}${file}`))).toEqual([404, 'not_found']);
    }
  }
  await rooms.pools.api.query('UPDATE logs SET is_public = false WHERE id = $1', [anchors.log.id]);
  for (const path of [
    '/anchors',
    '/anchors/3',
    '/anchors/3/checkpoint',
    '/anchors/3/checkpoint.ots',
  ]) {
    const answer = await api.call('GET', `/attestation${path}?log=${anchors.log.name}`);
    expect(refusal(answer)).toEqual([404, 'not_found']);
    expect((await ask(path)).status).toBe(200);
  }
});

it('puts a package under the anchored head, with its proof and its header', async () => {
  const anchored = await packageOf(0);
  expect(anchored.signed_tree_head.tree_size).toBe(3);
  const [anchor] = anchored.anchors ?? [];
  const block = anchors.bitcoin.chain.at(101)?.header.toString('hex');
  expect(anchor?.headers).toEqual([block]);
  const { timestamp } = parseOtsProof(bytesFromBase64(anchor?.proof ?? ''));
  const note = anchored.signed_tree_head.checkpoint;
  expect(timestamp.message).toEqual(sha256(new TextEncoder().encode(note)));
  const { publicKey } = anchors.signer;
  const report = verifyProofPackage(
    JSON.stringify(anchored),
    { keys: [{ publicKey, name: null }] },
    { nowMs: anchors.clock.nowMs() },
  );
  expect(report.verdict).toBe('verified');
  expect(bytesFromHex(anchor?.headers?.[0] ?? '').length).toBe(80);
});

it('prefers a block, takes a promise where there is no more, and can be told', async () => {
  const told = async (index: number, query: string) => {
    const { signed_tree_head: head, anchors: proofs } = await packageOf(index, query);
    return [head.tree_size, proofs?.length ?? 0];
  };
  expect(await told(4, '')).toEqual([5, 1]);
  expect(await told(5, '')).toEqual([6, 0]);
  expect(await told(0, '?anchor=none')).toEqual([6, 0]);
  expect(await told(0, '?anchor=require')).toEqual([3, 1]);
  const promised = await ask(`/download-proof/${ids[4]}?anchor=require`);
  expect(refusal(promised)).toEqual([409, 'not_anchored_yet']);
  expect(promised.headers['retry-after']).toBe('600');
  expect(refusal(await ask(`/download-proof/${ids[0]}?anchor=maybe`))).toEqual([
    400,
    'invalid_request',
    '/anchor',
  ]);
});

it('gives up what witnesses signed only for whoever asks for the block', async () => {
  witnessedSizes = [6];
  const told = async (query: string) => (await packageOf(0, query)).signed_tree_head.tree_size;
  expect(await told('')).toBe(6);
  expect(await told('?anchor=require')).toBe(3);
  expect(refusal(await ask(`/download-proof/${ids[0]}?anchor=require&witnessed=require`))).toEqual([
    409,
    'not_witnessed_yet',
  ]);
  witnessedSizes = [3, 6];
  expect(await told('')).toBe(3);
  expect(await told('?anchor=require&witnessed=require')).toBe(3);
  witnessedSizes = [];
});

it('answers how the head of an attempt stands in the chain, with the package', async () => {
  const proof = async (index: number) =>
    (await ask(`/blockchain-proof/${ids[index]}`)).json<
      Record<string, unknown> & { package: PackageJson }
    >();
  const confirmed = await proof(0);
  expect(confirmed).toMatchObject({ status: 'confirmed', tree_size: 3, block_height: 101 });
  expect(confirmed.package).toEqual(await packageOf(0, '?anchor=require'));
  expect(confirmed.ots).toBe(confirmed.package.anchors?.[0]?.proof);
  const pending = await proof(4);
  expect(pending).toMatchObject({
    status: 'pending',
    tree_size: 5,
    block_height: null,
    block_header: null,
  });
  expect(refusal(await ask(`/blockchain-proof/${ids[5]}`))).toEqual([409, 'not_anchored_yet']);
  expect(
    (await api.call('GET', `/api/v1/attestation/blockchain-proof/${ids[0]}`, { key })).text,
  ).toBe((await ask(`/blockchain-proof/${ids[0]}`)).text);
  expect(refusal(await api.call('GET', `/attestation/blockchain-proof/${ids[0]}`))).toEqual([
    401,
    'unauthorized',
  ]);
  const made = await api.call('POST', `/attestation/share/${ids[0]}`, { key });
  const token = made.json<{ url: string }>().url.replace(/.*token=/, '');
  const shared = await api.call('GET', `/attestation/blockchain-proof/${ids[0]}?token=${token}`);
  expect(shared.json()).toMatchObject({ status: 'confirmed' });
});

it('never hands out a proof that does not lead to the block it was confirmed by', async () => {
  const setHeader = (height: number) =>
    rooms.pools.api.query(
      'UPDATE anchors SET block_header = $3 WHERE log_id = $1 AND tree_size = $2',
      [anchors.log.id, 3, anchors.bitcoin.chain.at(height)?.header],
    );
  await setHeader(102);
  expect(refusal(await ask(`/download-proof/${ids[0]}`))).toEqual([500, 'internal']);
  await setHeader(101);
  expect((await packageOf(0)).signed_tree_head.tree_size).toBe(3);
});

it('never hands out an anchor whose stamped bytes are not the note of its head', async () => {
  const { rows } = await rooms.pools.api.query<{ note: Anchor['note'] }>(
    `UPDATE anchors SET note = note || '\\x0a'::bytea WHERE log_id = $1 AND tree_size = 3 RETURNING note`,
    [anchors.log.id],
  );
  expect(rows).toHaveLength(1);
  expect(refusal(await ask(`/download-proof/${ids[0]}`))).toEqual([500, 'internal']);
  expect((await packageOf(0, '?anchor=none')).signed_tree_head.tree_size).toBe(6);
});
