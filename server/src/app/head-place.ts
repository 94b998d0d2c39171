/** The second place of published heads, as KAPSEL_HEAD_STORE names it: a folder or a bucket. @module */
import { join, resolve } from 'node:path';
import type { PublishedHeads } from '../attestation/published-head.ts';
import { HeadBucketError, openPublishedHeadBucket } from '../attestation/published-head-bucket.ts';
import { openPublishedHeadFiles } from '../attestation/published-head-file.ts';
import { openS3Client, type S3Client, type S3Settings } from '../attestation/s3-client.ts';
import { parseSinkPlace } from '../attestation/sink-place.ts';
import { SinkError } from '../attestation/tile-sink.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Config, ConfigError } from '../base/config.ts';

export interface HeadPlace {
  readonly published: PublishedHeads;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Throws ConfigError for a place that cannot be one: what it is called, or a store without conditional writes. */
export async function openHeadPlace(config: Config, clock: Clock): Promise<HeadPlace> {
  const target = targetOf(config, clock);
  if (typeof target === 'string') {
    return { published: await openPublishedHeadFiles(target, clock), close: async () => {} };
  }
  try {
    const published = await openPublishedHeadBucket(target, clock);
    return { published, close: () => target.close() };
  } catch (error) {
    await target.close();
    if (!(error instanceof HeadBucketError) || error.code !== 'unsupported') throw error;
    throw new ConfigError([`KAPSEL_HEAD_STORE ${error.message}`]);
  }
}

/** Throws ConfigError where the place cannot be as the settings say. Opens nothing. */
export function assertHeadPlaceSettings(config: Config): void {
  targetOf(config, systemClock);
}

/** The folder of the second place; null where it is a bucket. */
export function headFolder(config: Config): string | null {
  const target = targetOf(config, systemClock);
  return typeof target === 'string' ? target : null;
}

export function s3Settings(config: Config): S3Settings {
  return {
    region: config.s3Region,
    endpoint: config.s3Endpoint,
    pathStyle: config.s3PathStyle,
    accessKeyId: config.s3AccessKeyId,
    secretAccessKey: config.s3SecretAccessKey,
    sessionToken: config.s3SessionToken,
  };
}

/** A folder, or the client of a bucket, which opens no connection before it is asked. */
function targetOf(config: Config, clock: Clock): string | S3Client {
  const { headStore, dataDir } = config;
  if (headStore === null) return join(resolve(dataDir), 'heads');
  if (!headStore.includes('://')) return headStore;
  try {
    const place = parseSinkPlace(headStore);
    if (place.kind === 'folder') return place.folder;
    return openS3Client(place, s3Settings(config), { clock });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be used';
    throw new ConfigError([error instanceof SinkError ? message : `KAPSEL_HEAD_STORE ${message}`]);
  }
}
