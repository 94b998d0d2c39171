/** Published heads in a bucket: `<prefix>/<log_id>.json`, replaced by conditional writes alone. RFC 9110 section 13.1. @module */
import { createHash } from 'node:crypto';
import { equalBytes, utf8FromString } from '@kapsel/verification';
import type { Clock } from '../base/clock.ts';
import { isUuid, type LogId } from '../base/ids.ts';
import {
  assertFollows,
  HeadConflict,
  isSameHead,
  type LogOfHead,
  PublishedHeadMoved,
  type PublishedHeads,
} from './published-head.ts';
import { parsePublishedHead, writePublishedHead } from './published-head-text.ts';
import type { S3Answer, S3Client } from './s3-client.ts';
import type { TreeHead } from './tree-head.ts';

/**
 * Why the bucket cannot be the second place now.
 *
 * - `unsupported`: it ignores or refuses conditions, so that two processes could each replace a head unseen.
 * - `unavailable`: no answer, or one that says nothing about the object. What was asked for may have been done.
 */
export class HeadBucketError extends Error {
  readonly code: 'unsupported' | 'unavailable';

  constructor(code: 'unsupported' | 'unavailable', message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'HeadBucketError';
    this.code = code;
  }
}

/** One version of a log's object. The store's ETag is what a condition names. */
interface Version {
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly head: TreeHead;
}

const READ_MS = 5_000;
const WRITE_MS = 1_800; // the log's row is locked meanwhile
const PROBE_TRIES = 3;
const NEVER = '"00000000000000000000000000000000"'; // no object's ETag
const ONLY_NEW = { 'if-none-match': '*' };
const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** Tries whether the store keeps conditions, by an object of its own; throws HeadBucketError when it does not. */
export async function openPublishedHeadBucket(
  client: S3Client,
  clock: Clock,
): Promise<PublishedHeads> {
  await assertConditions(client);
  // The last version that was seen, so that a head costs one request. Owned by `look` and `write`; one entry a log.
  const seen = new Map<LogId, Version>();

  const look = async (log: LogOfHead, timeoutMs: number): Promise<Version | null> => {
    const path = pathOf(log.id);
    const answer = await client.ask({ method: 'GET', path, timeoutMs });
    const before = seen.get(log.id);
    seen.delete(log.id);
    // Only this one word means "none": a missing bucket, and what may not be listed, look much alike.
    if (answer.status === 404 && answer.code === 'NoSuchKey') return null;
    if (answer.status !== 200) throw unavailable(client, `GET ${path}`, answer);
    if (answer.etag === null) throw unsupported(client, 'names no ETag');
    const { etag, bytes } = answer;
    const isKnown = before?.head.origin === log.origin && equalBytes(before.bytes, bytes);
    const head = isKnown ? before.head : parsePublishedHead(bytes, nameOf(client, path), log);
    const version = { etag, bytes, head };
    seen.set(log.id, version);
    return version;
  };

  const write = async (
    log: LogOfHead,
    head: TreeHead,
    expected: TreeHead | null,
  ): Promise<void> => {
    const untilMs = clock.monotonicMs() + WRITE_MS;
    const left = (): number => Math.max(1, Math.ceil(untilMs - clock.monotonicMs()));
    const path = pathOf(log.id);
    const known = seen.get(log.id) ?? null;
    const isExpected = isSameHead(known?.head ?? null, expected);
    // What is remembered may be old: the condition of the write decides, not this process.
    const current = isExpected ? known : await look(log, left());
    if (isSameHead(current?.head ?? null, head)) return;
    if (!isSameHead(current?.head ?? null, expected)) throw moved(client, path);
    assertFollows(log.origin, current?.head ?? null, head);
    if (current === null) await claimOrigin(client, log, left);
    // A crash here leaves the claim of an origin without a head: the same log claims it again.
    const body = utf8FromString(writePublishedHead(head));
    const condition = current === null ? ONLY_NEW : { 'if-match': current.etag };
    const headers = { ...JSON_TYPE, ...condition };
    const answer = await client.ask({ method: 'PUT', path, headers, body, timeoutMs: left() });
    seen.delete(log.id);
    if (isDone(answer)) {
      if (answer.etag !== null) seen.set(log.id, { etag: answer.etag, bytes: body, head });
      return;
    }
    // 409: another conditional write at the same time. 404: the object was taken away meanwhile.
    if (answer.status === 409 || answer.code === 'NoSuchKey') throw moved(client, path);
    // An answer that was lost: the head may be there. A repeat by the network is 412, and the head is there as well.
    if (answer.status !== 412 && !answer.mayPass) throw unavailable(client, `PUT ${path}`, answer);
    const now = await look(log, left());
    if (isSameHead(now?.head ?? null, head)) return;
    if (answer.status === 412) throw moved(client, path);
    // It may still be done later. The condition then holds only while nobody else wrote, and the next look shows it.
    throw unavailable(client, `PUT ${path}`, answer);
  };

  return {
    place: client.name,
    read: async (log) => (await look(log, READ_MS))?.head ?? null,
    write,
    async othersOfOrigin(log) {
      const owner = await ownerOfOrigin(client, log, READ_MS);
      return owner === null || owner === log.id ? [] : [owner];
    },
  };
}

/**
 * Each origin has one object that says which log has it, made before the log's first head and never replaced: to find
 * another log of the same name takes no listing, and two new databases cannot both begin it.
 */
async function claimOrigin(client: S3Client, log: LogOfHead, left: () => number): Promise<void> {
  const path = claimPathOf(log);
  const body = utf8FromString(`${JSON.stringify({ origin: log.origin, log_id: log.id })}\n`);
  const headers = { ...JSON_TYPE, ...ONLY_NEW };
  const answer = await client.ask({ method: 'PUT', path, headers, body, timeoutMs: left() });
  if (isDone(answer)) return;
  if (answer.status === 409) throw moved(client, path);
  if (answer.status !== 412) throw unavailable(client, `PUT ${path}`, answer);
  const owner = await ownerOfOrigin(client, log, left());
  if (owner === log.id) return;
  throw new HeadConflict(
    'foreign',
    `the origin ${log.origin} belongs to the log ${owner} (${nameOf(client, path)}): this database is not the one that its heads were made from; nothing is signed until then`,
  );
}

async function ownerOfOrigin(
  client: S3Client,
  log: LogOfHead,
  timeoutMs: number,
): Promise<LogId | null> {
  const path = claimPathOf(log);
  const answer = await client.ask({ method: 'GET', path, timeoutMs });
  if (answer.status === 404 && answer.code === 'NoSuchKey') return null;
  if (answer.status !== 200) throw unavailable(client, `GET ${path}`, answer);
  const owner = ownerFromText(answer.bytes, log.origin);
  if (owner !== null) return owner;
  throw new HeadConflict(
    'damaged',
    `${nameOf(client, path)} does not say which log is ${log.origin}: restore it from a copy; nothing is signed until then`,
  );
}

// from the network
function ownerFromText(bytes: Uint8Array, origin: string): LogId | null {
  try {
    const { origin: named, log_id: id } = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return named === origin && typeof id === 'string' && isUuid(id) ? (id as LogId) : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Both conditions must be kept: refused when they do not hold, and granted when they do. */
async function assertConditions(client: S3Client): Promise<void> {
  const path = 'conditional-writes';
  const body = utf8FromString('Written by Kapsel to see whether conditional writes are kept.\n');
  const put = (condition: Record<string, string>): Promise<S3Answer> =>
    client.ask({
      method: 'PUT',
      path,
      headers: { 'content-type': 'text/plain', ...condition },
      body,
      timeoutMs: READ_MS,
    });
  let last: S3Answer | null = null;
  // Several servers may try at once, and then see each other's writes.
  for (let tried = 0; tried < PROBE_TRIES; tried++) {
    assertRefusesOrDone(client, await put(ONLY_NEW));
    assertRefuses(client, await put(ONLY_NEW), 'If-None-Match');
    assertRefuses(client, await put({ 'if-match': NEVER }), 'If-Match');
    const { status, etag, ...found } = await client.ask({
      method: 'GET',
      path,
      timeoutMs: READ_MS,
    });
    if (status !== 200) throw unavailable(client, `GET ${path}`, { status, etag, ...found });
    if (etag === null) throw unsupported(client, 'names no ETag');
    last = await put({ 'if-match': etag });
    if (isDone(last)) return;
  }
  throw unsupported(client, `refuses an If-Match that holds (${last?.status} ${last?.code})`);
}

function assertRefusesOrDone(client: S3Client, answer: S3Answer): void {
  if (!isDone(answer)) assertRefuses(client, answer, 'If-None-Match');
}

function assertRefuses(client: S3Client, answer: S3Answer, condition: string): void {
  if (answer.status === 412 || answer.status === 409) return;
  if (isDone(answer)) throw unsupported(client, `ignores ${condition}`);
  if (answer.status === 501 || answer.status === 400) {
    throw unsupported(client, `refuses ${condition} (${answer.status} ${answer.code})`);
  }
  throw unavailable(client, 'PUT conditional-writes', answer);
}

function isDone({ status }: S3Answer): boolean {
  return status >= 200 && status <= 299;
}

function pathOf(logId: LogId): string {
  return `${logId}.json`;
}

function claimPathOf({ origin }: LogOfHead): string {
  return `origins/${createHash('sha256').update(origin).digest('hex')}.json`;
}

function nameOf(client: S3Client, path: string): string {
  return `${path} in ${client.name}`;
}

function moved(client: S3Client, path: string): PublishedHeadMoved {
  return new PublishedHeadMoved(`${nameOf(client, path)} was moved by another process`);
}

function unsupported(client: S3Client, what: string): HeadBucketError {
  return new HeadBucketError(
    'unsupported',
    `${client.name} ${what}: a head store needs conditional writes; take another store, or a folder`,
  );
}

function unavailable(client: S3Client, what: string, answer: S3Answer): HeadBucketError {
  const said = `${answer.status || 'no answer'} ${answer.code}`.trim();
  return new HeadBucketError('unavailable', `${client.name}: ${what}: ${said}`, answer.cause);
}
