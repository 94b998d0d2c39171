/** An object store in memory that keeps conditions, and can be told to fail, answer late, or lie. @module */
import type { S3Answer, S3Client, S3Request } from '../../src/attestation/s3-client.ts';

interface Stored {
  readonly etag: string;
  readonly text: string;
}

interface Faulty {
  readonly status: number;
  readonly code?: string;
  readonly etag?: string | null;
  readonly text?: string;
}

export interface ObjectStore {
  readonly client: S3Client;
  readonly objects: Map<string, Stored>;
  /** What another process writes, unasked. */
  put(path: string, text: string): void;
  /** Answers the next `times` requests of a method; `done` does what was asked, now or later. */
  answer(method: 'GET' | 'PUT', fault: (done: () => Faulty) => Faulty, times?: number): void;
  ignores: 'if-match' | 'if-none-match' | null;
  hasEtags: boolean;
  onAsk: ((wish: S3Request) => void) | null;
}

export function objectStore(): ObjectStore {
  const objects = new Map<string, Stored>();
  const faults: { method: string; fault: (done: () => Faulty) => Faulty }[] = [];
  let version = 0;
  const put = (path: string, text: string): Stored => {
    version += 1;
    const stored = { etag: `"version-${version}"`, text };
    objects.set(path, stored);
    return stored;
  };

  const perform = ({ method, path, headers = {}, body }: S3Request): Faulty => {
    const found = objects.get(path);
    if (method !== 'PUT') {
      if (found === undefined) return { status: 404, code: 'NoSuchKey' };
      return { status: 200, etag: found.etag, text: found.text };
    }
    const { 'if-match': ifMatch, 'if-none-match': ifNone } = headers;
    const refuses = (condition: string): boolean => store.ignores !== condition;
    if (ifNone === '*' && found !== undefined && refuses('if-none-match')) {
      return { status: 412, code: 'PreconditionFailed' };
    }
    if (ifMatch !== undefined && refuses('if-match')) {
      if (found === undefined) return { status: 404, code: 'NoSuchKey' };
      if (found.etag !== ifMatch) return { status: 412, code: 'PreconditionFailed' };
    }
    return { status: 200, etag: put(path, Buffer.from(body ?? []).toString('utf8')).etag };
  };

  const answerFrom = ({ status, code = '', etag = null, text = '' }: Faulty): S3Answer => ({
    status,
    code,
    etag: store.hasEtags ? etag : null,
    bytes: Buffer.from(text),
    mayPass: status === 0 || status >= 500 || status === 429,
  });

  const store: ObjectStore = {
    objects,
    put: (path, text) => void put(path, text),
    answer: (method, fault, times = 1) =>
      faults.push(...Array.from({ length: times }, () => ({ method, fault }))),
    ignores: null,
    hasEtags: true,
    onAsk: null,
    client: {
      name: 's3://memory/heads',
      async ask(wish) {
        store.onAsk?.(wish);
        const at = faults.findIndex(({ method }) => method === wish.method);
        const [taken] = at === -1 ? [] : faults.splice(at, 1);
        return answerFrom(taken === undefined ? perform(wish) : taken.fault(() => perform(wish)));
      },
      close: async () => {},
    },
  };
  return store;
}
