/** Reads KAPSEL_EXPORT_URL: a folder or a bucket. @module */
import { fileURLToPath } from 'node:url';
import { openFolderSink } from './folder-sink.ts';
import type { S3Place, S3Settings } from './s3-client.ts';
import { openS3Sink, type S3SinkDeps } from './s3-sink-client.ts';
import { assertSinkPath, type TileSink } from './tile-sink.ts';

export type SinkPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | ({ readonly kind: 's3' } & S3Place);

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/; // the naming rules of S3

/** Throws an Error that completes the name of the setting. */
export function parseSinkPlace(text: string): SinkPlace {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new Error('wants file:///folder or s3://bucket/prefix', { cause });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error('takes no credentials, query or fragment');
  }
  switch (url.protocol) {
    case 'file:':
      if (url.host !== '') throw new Error('wants three slashes before an absolute folder');
      return { kind: 'folder', folder: fileURLToPath(url) };
    case 's3:': {
      const prefix = decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, '');
      if (!BUCKET.test(url.host)) throw new Error('wants the name of a bucket behind s3://');
      if (prefix !== '') assertPrefix(prefix);
      return { kind: 's3', bucket: url.host, prefix };
    }
    default:
      throw new Error('wants file:///folder or s3://bucket/prefix');
  }
}

function assertPrefix(prefix: string): void {
  try {
    assertSinkPath(prefix);
  } catch (cause) {
    throw new Error('wants plain names of letters, digits, ".", "-" and "_" behind the bucket', {
      cause,
    });
  }
}

export function openSink(place: SinkPlace, settings: S3Settings, deps: S3SinkDeps): TileSink {
  return place.kind === 'folder' ? openFolderSink(place.folder) : openS3Sink(place, settings, deps);
}
