/** Which second place the settings mean, and which they cannot. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertHeadPlaceSettings, openHeadPlace } from '../../src/app/head-place.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { BUCKET, KEY_ID, openS3Server, SECRET } from '../support/s3-server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-head-place-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the second place', () => {
  it("is a folder: the data folder's, or the one that is named", async () => {
    for (const [env, wanted] of [
      [{ KAPSEL_DATA: folder }, join(folder, 'heads')],
      [{ KAPSEL_HEAD_STORE: join(folder, 'a') }, join(folder, 'a')],
      [{ KAPSEL_HEAD_STORE: pathToFileURL(join(folder, 'b')).href }, join(folder, 'b')],
    ] as const) {
      const { published, close } = await openHeadPlace(readConfig(env), systemClock);
      expect(published.place).toBe(wanted);
      await close();
    }
  });

  it('is a bucket, and one that keeps no conditions is a bad setting', async () => {
    const store = await openS3Server(folder);
    const config = readConfig({
      KAPSEL_HEAD_STORE: `s3://${BUCKET}/heads`,
      KAPSEL_S3_ENDPOINT: store.endpoint,
      KAPSEL_S3_REGION: store.region,
      KAPSEL_S3_PATH_STYLE: '1',
      KAPSEL_S3_ACCESS_KEY_ID: KEY_ID,
      KAPSEL_S3_SECRET_ACCESS_KEY: SECRET,
    });
    const { published, close } = await openHeadPlace(config, systemClock);
    expect(published.place).toContain(`s3://${BUCKET}/heads`);
    await close();
    store.keepsConditions = false;
    await expect(openHeadPlace(config, systemClock)).rejects.toBeInstanceOf(ConfigError);
    await store.close();
  });

  it.each([
    [{ KAPSEL_HEAD_STORE: 'ftp://x' }],
    [{ KAPSEL_HEAD_STORE: 's3://bucket' }],
    [{ KAPSEL_HEAD_STORE: 's3://bucket/../x', KAPSEL_S3_ACCESS_KEY_ID: 'id' }],
    [{ KAPSEL_HEAD_STORE: 's3://key:secret@bucket' }],
  ])('is refused as %j before anything is opened', (env) => {
    expect(() => assertHeadPlaceSettings(readConfig(env))).toThrow(ConfigError);
  });
});
