import { expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import type { EventId } from '../../src/base/ids.ts';
import type { IngestRequest } from '../../src/ingest/accept.ts';
import { acceptLines } from '../../src/ingest/accept-batch.ts';
import { splitLines } from '../../src/ingest/batch-line.ts';
import type { Target } from '../../src/ingest/target.ts';

const TARGET = {} as Target;

/** Accepts each payload, or fails as the payload says. */
const ingest = {
  accept: async (_target: Target, { body }: IngestRequest) => {
    const value = JSON.parse(body.toString());
    if (typeof value === 'string') throw new Failure(value as 'overloaded', 'Why');
    if (value === null) throw new Error('canary');
    return { eventId: `e${value}` as EventId, duplicate: value > 1 };
  },
};

const run = (...payloads: string[]) =>
  acceptLines(
    ingest,
    TARGET,
    splitLines(Buffer.from(payloads.map((payload) => `{"payload":${payload}}`).join('\n')), 99),
  );

it('answers each line by itself, in order', async () => {
  expect(await run('1', '{', '2', '"idempotency_mismatch"')).toEqual([
    { kind: 'accepted', line: 1, eventId: 'e1', duplicate: false },
    { kind: 'refused', line: 2, code: 'invalid_json', message: expect.any(String) },
    { kind: 'accepted', line: 3, eventId: 'e2', duplicate: true },
    { kind: 'refused', line: 4, code: 'idempotency_mismatch', message: 'Why' },
  ]);
});

it('names a fault of ours in a line while others were stored, without its words', async () => {
  expect(await run('1', 'null')).toMatchObject([
    { kind: 'accepted' },
    { kind: 'refused', code: 'internal', message: 'Internal error', cause: new Error('canary') },
  ]);
});

it('fails as a whole when nothing could be stored through no fault of the caller', async () => {
  await expect(run('"overloaded"', '"unavailable"')).rejects.toMatchObject({ kind: 'overloaded' });
  await expect(run('null')).rejects.toThrow('canary');
  expect(await run('{', '"unprocessable"')).toHaveLength(2);
});
