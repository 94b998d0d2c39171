import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Failure, type FailureKind } from '../../src/base/failure.ts';
import { errorBody, sendFailure } from '../../src/http/reply.ts';
import { openJournal } from '../support/journal.ts';

/** What Fastify would be told to send. */
interface Sent {
  status?: number;
  body?: unknown;
  readonly headers: Record<string, string>;
}

function sent(error: unknown, isRead = false, journal = openJournal()): Sent {
  const result: Sent = { headers: {} };
  const reply = {
    header(name: string, value: string) {
      result.headers[name] = value;
      return reply;
    },
    code(status: number) {
      result.status = status;
      return reply;
    },
    send(body: unknown) {
      result.body = body;
      return reply;
    },
  };
  sendFailure(
    journal,
    error,
    { id: 'request-1', raw: { complete: isRead } } as FastifyRequest,
    reply as unknown as FastifyReply,
  );
  return result;
}

function withCode(code: string, more: object = {}): Error {
  return Object.assign(new Error('host=10.0.0.1 password=secret'), { code, ...more });
}

const KINDS: Readonly<Record<FailureKind, readonly [number, Record<string, string>]>> = {
  invalid_request: [400, {}],
  invalid_json: [400, {}],
  size_out_of_range: [400, {}],
  unauthorized: [401, { 'www-authenticate': 'Bearer' }],
  insufficient_scope: [403, {}],
  cross_origin: [403, {}],
  not_found: [404, {}],
  no_tree_head: [404, {}],
  method_not_allowed: [405, {}],
  in_flight: [409, {}],
  payload_expired: [410, {}],
  not_yet_committed: [409, { 'retry-after': '1' }],
  not_witnessed_yet: [409, { 'retry-after': '10' }],
  not_anchored_yet: [409, { 'retry-after': '600' }],
  too_many_links: [409, {}],
  leaf_expired: [410, {}],
  precondition_failed: [412, {}],
  payload_too_large: [413, { connection: 'close' }],
  internal: [500, {}],
  unavailable: [503, { 'retry-after': '1' }],
  log_halted: [503, { 'retry-after': '60' }],
  overloaded: [503, { 'retry-after': '1', connection: 'close' }],
  invalid_signature: [401, { 'www-authenticate': 'Bearer' }],
  timestamp_out_of_tolerance: [401, { 'www-authenticate': 'Bearer' }],
  idempotency_mismatch: [409, {}],
  unsupported_media_type: [415, {}],
  unprocessable: [422, {}],
  rate_limited: [429, { 'retry-after': '1', connection: 'close' }],
};

describe('a failure', () => {
  it.each(Object.entries(KINDS))('%s has its status and headers', (kind, [status, headers]) => {
    const answer = sent(new Failure(kind as FailureKind, 'Why'));
    expect(answer).toEqual({ status, headers, body: { error: { code: kind, message: 'Why' } } });
  });

  it('ends the connection only when a body may still come', () => {
    for (const kind of ['payload_too_large', 'rate_limited', 'overloaded'] as const) {
      expect(sent(new Failure(kind, 'Why'), true).headers).not.toHaveProperty('connection');
    }
  });

  it('may know better when to come back', () => {
    const failure = new Failure('rate_limited', 'Why', { retryAfterS: 17 });
    expect(sent(failure).headers).toMatchObject({ 'retry-after': '17' });
  });

  it('shows its details, and not its cause', () => {
    const details = [{ path: '/url', message: 'must be good' }];
    const failure = new Failure('invalid_request', 'Why', { details, cause: new Error('secret') });
    expect(sent(failure).body).toEqual({
      error: { code: 'invalid_request', message: 'Why', details },
    });
  });
});

describe('anything else', () => {
  it.each([
    ['a database that refuses', withCode('ECONNREFUSED')],
    ['a database that hangs up', withCode('ECONNRESET')],
    ['a database that is being stopped', withCode('57P01')],
    ['a database that starts', withCode('57P03')],
    ['a database that is full of connections', withCode('53300')],
    ['a broken protocol', withCode('08006')],
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['no connection in time', new Error('timeout exceeded when trying to connect')],
  ])('%s is 503', (_what, error) => {
    expect(sent(error)).toEqual({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { error: { code: 'unavailable', message: 'The database cannot be reached' } },
    });
  });

  it.each([
    ['a defect', new TypeError('secret')],
    ['a statement that is wrong', withCode('42703')],
    ['something that is no error', 'secret'],
    ['nothing', undefined],
  ])('%s is 500, and says nothing more', (_what, error) => {
    expect(sent(error)).toEqual({
      status: 500,
      headers: {},
      body: { error: { code: 'internal', message: 'Internal error' } },
    });
  });

  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 'payload_too_large'],
    ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400, 'invalid_request'],
    ['FST_ERR_VALIDATION', 400, 'invalid_request'],
    ['FST_ERR_SOMETHING_NEW', 400, 'invalid_request'],
    ['ECONNRESET', 400, 'invalid_request'],
  ])('%s of a caller is %i', (code, status, kind) => {
    const answer = sent(withCode(code, { statusCode: 400 }));
    expect([answer.status, answer.body]).toEqual([
      status,
      { error: { code: kind, message: expect.not.stringContaining('secret') } },
    ]);
  });

  it('names the member for each fault that a schema found', () => {
    const validation = [
      { instancePath: '/limit', message: 'must be a number', params: {} },
      { instancePath: '', message: 'must not be there', params: { additionalProperty: 'a' } },
      { instancePath: '', message: 'must be there', params: { missingProperty: 'b' } },
      { instancePath: '', params: {} },
    ];
    expect(sent(withCode('FST_ERR_VALIDATION', { validation })).body).toMatchObject({
      error: {
        details: [
          { path: '/limit', message: 'must be a number' },
          { path: '/a', message: 'must not be there' },
          { path: '/b', message: 'must be there' },
          { path: '/', message: 'is not valid' },
        ],
      },
    });
  });
});

describe('the log', () => {
  it('hears of our own faults, with the request’s id', () => {
    const journal = openJournal();
    const error = new TypeError('a defect');
    sent(error, false, journal);
    expect(journal.lines).toEqual([
      { level: 'error', event: 'request failed', request_id: 'request-1', status: 500, error },
    ]);
  });

  it('does not hear of the faults of callers', () => {
    const journal = openJournal();
    sent(new Failure('not_found', 'Not found'), false, journal);
    sent(withCode('ECONNRESET', { statusCode: 400 }), false, journal);
    expect(journal.lines).toEqual([]);
  });
});

it('the error body has no empty details', () => {
  expect(errorBody('a', 'b', [])).toEqual({ error: { code: 'a', message: 'b' } });
});
