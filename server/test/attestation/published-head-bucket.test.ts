/** The second place as a bucket: a real S3 server that keeps conditions, and stores that fail or lie. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTreeHead, verifyTreeHead } from '@kapsel/verification';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PublishedHeadMoved, type PublishedHeads } from '../../src/attestation/published-head.ts';
import { openPublishedHeadBucket } from '../../src/attestation/published-head-bucket.ts';
import { writePublishedHead } from '../../src/attestation/published-head-text.ts';
import { openS3Client, type S3Client } from '../../src/attestation/s3-client.ts';
import { encodeTreeHeadJson, type TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type LogId, newId } from '../../src/base/ids.ts';
import { Secret } from '../../src/base/secret.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';
import { type ObjectStore, objectStore } from '../support/object-store.ts';
import { BUCKET, KEY_ID, openS3Server, type S3Server, SECRET } from '../support/s3-server.ts';

const signer = makeSigner();
let log: { id: LogId; origin: string };
beforeEach(() => {
  const id = newId<'log'>(START_MS);
  log = { id, origin: `log.kapsel.test/${id}` };
});

const headAt = (treeSize: number, seconds = treeSize): Promise<TreeHead> =>
  makeHead({ origin: log.origin, signer, treeSize, timestampMs: START_MS + seconds * 1_000 });
const jsonOf = (head: TreeHead | null): unknown => head && encodeTreeHeadJson(head);

describe('a bucket of a real store', () => {
  let folder: string;
  let server: S3Server;
  let clients: S3Client[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kapsel-head-bucket-'));
    server = await openS3Server(folder);
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    clients = [];
    server.seen.length = 0;
  });
  afterEach(async () => {
    server.after = null;
    server.before = null;
    server.keepsConditions = true;
    await Promise.all(clients.map((client) => client.close()));
  });

  const open = (prefix = 'heads'): Promise<PublishedHeads> => {
    const client = openS3Client(
      { bucket: BUCKET, prefix },
      {
        region: server.region,
        endpoint: server.endpoint,
        pathStyle: true,
        accessKeyId: KEY_ID,
        secretAccessKey: new Secret(SECRET),
        sessionToken: null,
      },
      { clock: systemClock },
    );
    clients.push(client);
    return openPublishedHeadBucket(client, systemClock);
  };

  it('has none at first, and then the last that was written, for every process', async () => {
    const [heads, other] = [await open(), await open()];
    expect(await heads.read(log)).toBeNull();
    const [three, five] = [await headAt(3), await headAt(5)];
    await heads.write(log, three, null);
    expect(jsonOf(await other.read(log))).toEqual(jsonOf(three));
    await other.write(log, five, three);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(five));
    const { bytes } = await server.fetch(`heads/${log.id}.json`);
    verifyTreeHead(parseTreeHead(bytes.toString('utf8').trimEnd()));
  });

  it('is written with one request a head by the process that wrote the last one', async () => {
    const heads = await open();
    const [three, five] = [await headAt(3), await headAt(5)];
    await heads.write(log, three, null);
    server.seen.length = 0;
    await heads.write(log, five, three);
    expect(server.seen).toEqual([`PUT /${BUCKET}/heads/${log.id}.json`]);
  });

  it('is moved by one of many processes at once', async () => {
    const places = await Promise.all(Array.from({ length: 5 }, () => open()));
    for (const expected of [null, await headAt(100)]) {
      if (expected !== null)
        await (await open()).write(log, expected, (await places[0]?.read(log)) ?? null);
      for (const place of places) await place.read(log);
      const base = expected?.treeSize ?? 10;
      const candidates = await Promise.all(places.map((_, i) => headAt(base + 1 + i)));
      const runs = await Promise.allSettled(
        places.map((place, i) => place.write(log, candidates[i] as TreeHead, expected)),
      );
      const won = runs.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
      expect(won).toHaveLength(1);
      for (const run of runs) {
        if (run.status === 'rejected') expect(run.reason).toBeInstanceOf(PublishedHeadMoved);
      }
      const winner = candidates[won[0] as number] ?? null;
      expect(jsonOf((await places[0]?.read(log)) ?? null)).toEqual(jsonOf(winner));
    }
  });

  it('knows the head whose answer was lost', async () => {
    const heads = await open();
    const [three, five] = [await headAt(3), await headAt(5)];
    for (const [head, expected] of [
      [three, null],
      [five, three],
    ] as const) {
      let lost = 0;
      server.after = (line) => {
        const isFirst = line.startsWith('PUT') && line.endsWith(`${log.id}.json`) && lost++ === 0;
        return isFirst ? 'lose' : 'pass';
      };
      await heads.write(log, head, expected);
      expect(lost).toBe(1);
      expect(jsonOf(await heads.read(log))).toEqual(jsonOf(head));
    }
  });

  it('gives an origin to one log for ever', async () => {
    const heads = await open();
    const renewed = { ...log, id: newId<'log'>(START_MS) };
    expect(await heads.othersOfOrigin(renewed)).toEqual([]);
    await heads.write(log, await headAt(3), null);
    expect(await heads.othersOfOrigin(renewed)).toEqual([log.id]);
    expect(await heads.othersOfOrigin(log)).toEqual([]);
    const write = heads.write(renewed, await headAt(4), null);
    await expect(write).rejects.toMatchObject({ kind: 'foreign' });
    expect(await heads.read(renewed)).toBeNull();
  });

  it('is refused where the store ignores conditions', async () => {
    server.keepsConditions = false;
    await expect(open('unconditional')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is not taken for empty when the store is away', async () => {
    const heads = await open();
    const three = await headAt(3);
    await heads.write(log, three, null);
    await server.kill();
    await expect(heads.read(log)).rejects.toMatchObject({ code: 'unavailable' });
    const write = heads.write(log, await headAt(5), three);
    await expect(write).rejects.toMatchObject({ code: 'unavailable' });
    await server.revive();
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(three));
  });
});

describe('a store that fails', () => {
  let store: ObjectStore;
  let heads: PublishedHeads;
  let three: TreeHead;
  let five: TreeHead;
  beforeEach(async () => {
    store = objectStore();
    heads = await openPublishedHeadBucket(store.client, systemClock);
    [three, five] = [await headAt(3), await headAt(5)];
    await heads.write(log, three, null);
  });
  const path = (): string => `${log.id}.json`;
  const stored = (): string | undefined => store.objects.get(path())?.text;

  it('with 412 after another process was faster moves nothing', async () => {
    store.put(path(), writePublishedHead(five));
    await expect(heads.write(log, await headAt(6), three)).rejects.toBeInstanceOf(
      PublishedHeadMoved,
    );
    expect(stored()).toBe(writePublishedHead(five));
  });

  it('with 412 for a write that the network repeated has taken the head', async () => {
    store.put(path(), writePublishedHead(five));
    await heads.write(log, five, three);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(five));
  });

  it.each([409, 404])('with %i asks for the next tick', async (status) => {
    store.answer('PUT', () => ({
      status,
      code: status === 404 ? 'NoSuchKey' : 'ConditionalRequestConflict',
    }));
    await expect(heads.write(log, five, three)).rejects.toBeInstanceOf(PublishedHeadMoved);
    await heads.write(log, five, three);
    expect(stored()).toBe(writePublishedHead(five));
  });

  it.each([500, 503, 429, 0])(
    'with %i and nothing done is away, and takes it next time',
    async (status) => {
      store.answer('PUT', () => ({ status }));
      await expect(heads.write(log, five, three)).rejects.toMatchObject({ code: 'unavailable' });
      await heads.write(log, five, three);
      expect(stored()).toBe(writePublishedHead(five));
    },
  );

  it('with 500 after the write has taken the head', async () => {
    store.answer('PUT', (done) => ({ ...done(), status: 500 }));
    await heads.write(log, five, three);
    expect(stored()).toBe(writePublishedHead(five));
  });

  it('with a write that arrives after its deadline never replaces what came later', async () => {
    let late: (() => void) | null = null;
    store.answer('PUT', (done) => {
      late = done;
      return { status: 0 };
    });
    await expect(heads.write(log, five, three)).rejects.toMatchObject({ code: 'unavailable' });
    const six = await headAt(6);
    await heads.write(log, six, three);
    (late as unknown as () => void)();
    expect(stored()).toBe(writePublishedHead(six));
  });

  it('with an old answer to a read never lets an old head be replaced twice', async () => {
    const old = store.objects.get(path());
    await heads.write(log, five, three);
    store.answer('GET', () => ({ status: 200, etag: old?.etag ?? '', text: old?.text ?? '' }), 3);
    expect(jsonOf(await heads.read(log))).toEqual(jsonOf(three));
    await expect(heads.write(log, await headAt(4, 9), three)).rejects.toBeInstanceOf(
      PublishedHeadMoved,
    );
    expect(stored()).toBe(writePublishedHead(five));
  });

  it.each([
    [403, 'AccessDenied'],
    [404, 'NoSuchBucket'],
    [404, ''],
    [503, 'SlowDown'],
    [0, ''],
  ])('with %i %s to a read is not empty', async (status, code) => {
    store.answer('GET', () => ({ status, code }), 2);
    await expect(heads.read(log)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(heads.othersOfOrigin(log)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('answers a write within its two seconds, however slow the store', async () => {
    const limits: number[] = [];
    store.onAsk = ({ timeoutMs }) => void limits.push(timeoutMs);
    store.answer('PUT', () => ({ status: 0 }));
    await heads.write(log, five, three).catch(() => null);
    expect(limits.length).toBeGreaterThan(1);
    for (const limit of limits) expect(limit).toBeLessThanOrEqual(1_800);
  });

  it.each([
    ['is cut off', (text: string) => text.slice(0, 100), 'damaged'],
    [
      'has another size',
      (text: string) => text.replace('"tree_size":3', '"tree_size":2'),
      'damaged',
    ],
  ])('and an object that %s is refused as damaged', async (_what, change) => {
    store.put(path(), change(stored() ?? ''));
    await expect(heads.read(log)).rejects.toMatchObject({ kind: 'damaged' });
    await expect(heads.write(log, five, null)).rejects.toMatchObject({ kind: 'damaged' });
  });

  it('and the head of another log is refused as foreign', async () => {
    const foreign = heads.read({ id: log.id, origin: 'log.kapsel.test/b' });
    await expect(foreign).rejects.toMatchObject({ kind: 'foreign' });
  });

  it('and a claim that cannot be read is refused as damaged', async () => {
    const claim = [...store.objects.keys()].find((key) => key.startsWith('origins/')) ?? '';
    for (const text of ['', 'null', '{"origin":"x","log_id":"y"}']) {
      store.put(claim, text);
      await expect(heads.othersOfOrigin(log)).rejects.toMatchObject({ kind: 'damaged' });
    }
  });

  it('never goes back in size or time, nor beside it', async () => {
    await heads.write(log, five, three);
    const smaller = heads.write(log, await headAt(4, 6), five);
    await expect(smaller).rejects.toMatchObject({ kind: 'forked' });
    await expect(heads.write(log, await headAt(6, 4), five)).rejects.toBeInstanceOf(RangeError);
    expect(stored()).toBe(writePublishedHead(five));
  });
});

describe('a store that keeps no conditions', () => {
  it.each<[string, (store: ObjectStore) => void]>([
    [
      'ignores If-Match',
      (store) => {
        store.ignores = 'if-match';
      },
    ],
    [
      'ignores If-None-Match',
      (store) => {
        store.ignores = 'if-none-match';
      },
    ],
    [
      'does not know them',
      (store) => store.answer('PUT', () => ({ status: 501, code: 'NotImplemented' })),
    ],
    [
      'names no ETag',
      (store) => {
        store.hasEtags = false;
      },
    ],
  ])('and %s is refused at the start', async (_what, spoil) => {
    const store = objectStore();
    spoil(store);
    const opened = openPublishedHeadBucket(store.client, systemClock);
    await expect(opened).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is not confused with one that is away or refuses the credentials', async () => {
    for (const status of [0, 503, 403]) {
      const store = objectStore();
      store.answer('PUT', () => ({ status }));
      const opened = openPublishedHeadBucket(store.client, systemClock);
      await expect(opened).rejects.toMatchObject({ code: 'unavailable' });
    }
  });
});
