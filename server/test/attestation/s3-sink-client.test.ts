/** The S3 sink against a real S3 server, and against stores that fail. @module */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { S3Settings } from '../../src/attestation/s3-client.ts';
import { openS3Sink } from '../../src/attestation/s3-sink-client.ts';
import type { SinkObject } from '../../src/attestation/tile-sink.ts';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/secret.ts';
import { BUCKET, KEY_ID, openS3Server, type S3Server, SECRET } from '../support/s3-server.ts';

let folder: string;
let server: S3Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-s3-'));
  server = await openS3Server(folder);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  server.seen.length = 0;
});

const PLACE = { bucket: BUCKET, prefix: 'logs/eu' };
const waits: number[] = [];
const DEPS = {
  clock: { ...systemClock, sleep: async (ms: number) => void waits.push(ms) },
  random: () => 1,
};

function settings(change: Partial<S3Settings> = {}): S3Settings {
  return {
    region: server.region,
    endpoint: server.endpoint,
    pathStyle: true,
    accessKeyId: KEY_ID,
    secretAccessKey: new Secret(SECRET),
    sessionToken: null,
    ...change,
  };
}

const TILE: SinkObject = {
  path: 'shared/tile/0/000.p/3',
  bytes: Buffer.alloc(96, 7),
  contentType: 'application/octet-stream',
  lifetime: 'immutable',
};

describe('the S3 sink', () => {
  it('puts objects with their headers, under the prefix', async () => {
    const sink = openS3Sink(PLACE, settings(), DEPS);
    expect(await sink.has(TILE.path)).toBe(false);
    await sink.put(TILE);
    await sink.put(TILE);
    expect(await sink.has(TILE.path)).toBe(true);
    const { status, headers, bytes } = await server.fetch('logs/eu/shared/tile/0/000.p/3');
    expect([status, headers['cache-control'], headers['content-type']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'application/octet-stream',
    ]);
    expect(bytes.equals(TILE.bytes)).toBe(true);
    await sink.close();
  });

  it('works with a session token', async () => {
    const sink = openS3Sink(PLACE, settings({ sessionToken: new Secret('session') }), DEPS);
    await sink.put({ ...TILE, path: 'shared/with-token' });
    expect(server.seen).toEqual([`PUT /${BUCKET}/logs/eu/shared/with-token`]);
    await sink.close();
  });

  it.each([
    ['a wrong secret', { secretAccessKey: new Secret('wrong') }],
    ['an unknown key', { accessKeyId: 'SOMEBODY' }],
    ['another region', { region: 'us-east-1' }],
  ])(
    'is refused with %s, without trying again and without telling the secret',
    async (_name, change) => {
      waits.length = 0;
      const sink = openS3Sink(PLACE, settings(change), DEPS);
      const error: Error = await sink.put(TILE).then(
        () => new Error('taken'),
        (reason: Error) => reason,
      );
      expect([error.name, error.message]).toEqual([
        'SinkError',
        'PUT shared/tile/0/000.p/3: 403 SignatureDoesNotMatch',
      ]);
      expect(JSON.stringify([error, error.stack, settings(change)])).not.toMatch(/planted|wrong/);
      expect(waits).toEqual([]);
      // It cannot tell: the next PUT will.
      expect(await sink.has(TILE.path)).toBe(false);
      await sink.close();
    },
  );

  it('names a bucket that is not there', async () => {
    const sink = openS3Sink({ ...PLACE, bucket: 'no-such-bucket' }, settings(), DEPS);
    await expect(sink.put(TILE)).rejects.toThrow('PUT shared/tile/0/000.p/3: 404 NoSuchBucket');
    await sink.close();
  });

  it('refuses a path that leads out before anything is sent', async () => {
    const sink = openS3Sink(PLACE, settings(), DEPS);
    await expect(sink.put({ ...TILE, path: '../x' })).rejects.toThrow(TypeError);
    expect(server.seen).toEqual([]);
    await sink.close();
  });
});

interface FakeStore {
  readonly endpoint: string;
  readonly hosts: string[];
  close(): Promise<void>;
}

/** Answers these statuses in turn; 0 breaks the connection. */
async function fakeStore(statuses: number[]): Promise<FakeStore> {
  const hosts: string[] = [];
  const fake = createServer((incoming, outgoing) => {
    hosts.push(`${incoming.headers.host} ${incoming.url}`);
    const status = statuses.shift() ?? 200;
    if (status === 0) return void outgoing.destroy();
    incoming.resume().once('end', () => outgoing.writeHead(status).end());
  });
  fake.listen(0, '127.0.0.1');
  await once(fake, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(fake.address() as AddressInfo).port}`,
    hosts,
    close: async () => {
      fake.closeAllConnections();
      fake.close();
      await once(fake, 'close');
    },
  };
}

describe('a store that fails', () => {
  it('is asked again after a growing wait, and takes the object', async () => {
    waits.length = 0;
    const fake = await fakeStore([503, 0, 429]);
    const sink = openS3Sink(PLACE, settings({ endpoint: fake.endpoint }), DEPS);
    await sink.put(TILE);
    expect(waits).toEqual([200, 400, 800]);
    await sink.close();
    await fake.close();
  });

  it('is given up after four tries', async () => {
    const fake = await fakeStore([500, 502, 503, 500, 200]);
    const sink = openS3Sink(PLACE, settings({ endpoint: fake.endpoint }), DEPS);
    await expect(sink.put(TILE)).rejects.toThrow('PUT shared/tile/0/000.p/3: 500');
    await fake.close();
    await expect(sink.put(TILE)).rejects.toThrow('PUT shared/tile/0/000.p/3: no answer');
    await expect(sink.has(TILE.path)).rejects.toThrow('HEAD shared/tile/0/000.p/3: no answer');
    await sink.close();
  });

  it('has the bucket in its host name where that is asked for', async () => {
    const fake = await fakeStore([]);
    const { port } = new URL(fake.endpoint);
    const endpoint = `http://s3.localhost:${port}`;
    const lookup: LookupFunction = (_name, options, answer) =>
      options.all === true
        ? answer(null, [{ address: '127.0.0.1', family: 4 }])
        : answer(null, '127.0.0.1', 4);
    const deps = { ...DEPS, lookup };
    const sink = openS3Sink(PLACE, settings({ endpoint, pathStyle: false }), deps);
    await sink.put(TILE);
    expect(fake.hosts).toEqual([`${BUCKET}.s3.localhost:${port} /logs/eu/shared/tile/0/000.p/3`]);
    await sink.close();
    await fake.close();
  });
});
