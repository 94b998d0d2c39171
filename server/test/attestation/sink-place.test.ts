/** KAPSEL_EXPORT_URL: what it may say. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { S3Settings } from '../../src/attestation/s3-client.ts';
import { openSink, parseSinkPlace } from '../../src/attestation/sink-place.ts';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/secret.ts';

const S3: S3Settings = {
  region: 'us-east-1',
  endpoint: null,
  pathStyle: false,
  accessKeyId: 'id',
  secretAccessKey: new Secret('secret'),
  sessionToken: null,
};
const DEPS = { clock: systemClock, random: () => 0 };

describe('parseSinkPlace', () => {
  it('reads folders and buckets', () => {
    expect(parseSinkPlace(pathToFileURL(join(tmpdir(), 'a b')).href)).toEqual({
      kind: 'folder',
      folder: join(tmpdir(), 'a b'),
    });
    expect(parseSinkPlace('s3://my-bucket')).toEqual({
      kind: 's3',
      bucket: 'my-bucket',
      prefix: '',
    });
    expect(parseSinkPlace('s3://my-bucket/logs/eu/')).toEqual({
      kind: 's3',
      bucket: 'my-bucket',
      prefix: 'logs/eu',
    });
  });

  it.each([
    'folder',
    '/var/tiles',
    'https://bucket.example/',
    's3://',
    's3://UPPER_case/',
    's3://bucket/a/../../b%2F..%2F',
    's3://bucket/a b',
    's3://id:secret@bucket/',
    's3://bucket/?x=1',
    'file://host/folder',
  ])('refuses %s, and does not repeat it', (text) => {
    let message = '';
    try {
      parseSinkPlace(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^(wants|takes no) /);
    expect(message).not.toContain('secret@');
  });
});

describe('openSink', () => {
  it('opens what was named; credentials are in no name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kapsel-place-'));
    const sinks = [
      openSink({ kind: 'folder', folder }, S3, DEPS),
      openSink({ kind: 's3', bucket: 'b-1', prefix: 'p' }, S3, DEPS),
      openSink(
        { kind: 's3', bucket: 'b-1', prefix: '' },
        { ...S3, endpoint: 'http://127.0.0.1:9' },
        DEPS,
      ),
    ];
    expect(sinks.map(({ name }) => name)).toEqual([
      pathToFileURL(folder).href,
      's3://b-1/p',
      's3://b-1 at 127.0.0.1:9',
    ]);
    await Promise.all(sinks.map((sink) => sink.close()));
    await rm(folder, { recursive: true });
  });

  it('wants credentials for a bucket', () => {
    const place = { kind: 's3', bucket: 'b-1', prefix: '' } as const;
    expect(() => openSink(place, { ...S3, secretAccessKey: null }, DEPS)).toThrow(
      'KAPSEL_S3_SECRET_ACCESS_KEY',
    );
  });
});
