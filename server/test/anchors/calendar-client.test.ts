/** What goes to a calendar, byte for byte, and everything that may come back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChain } from '../../../test/support/bitcoin-chain.ts';
import { openCalendar, type TestCalendar } from '../../../test/support/calendar.ts';
import type { HttpAnswer, Misdeed } from '../../../test/support/faulty-http.ts';
import { type CalendarClient, createCalendarClient } from '../../src/anchors/calendar-client.ts';
import { createDeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import { loopbackClient } from '../support/anchor-bench.ts';

const DIGEST = new Uint8Array(32).fill(7);

let calendar: TestCalendar;
let client: CalendarClient;
beforeEach(async () => {
  calendar = await openCalendar(createChain());
  client = loopbackClient(300);
});
afterEach(async () => {
  await client.close();
  await calendar.close();
});

const answer = (misdeed: Misdeed): void => {
  calendar.fault = () => misdeed;
};

describe('what is sent', () => {
  it('is the bare digest with its length, and headers as the stock clients have them', async () => {
    expect((await client.stamp(calendar.url, DIGEST)).kind).toBe('node');
    const [request] = calendar.requests;
    expect([request?.method, request?.path, request?.body.equals(DIGEST)]).toEqual([
      'POST',
      '/digest',
      true,
    ]);
    expect(request?.headers).toMatchObject({
      accept: 'application/vnd.opentimestamps.v1',
      'content-length': '32',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(request?.headers['user-agent']).toMatch(/^Kapsel\/\d/);
    expect(request?.headers['transfer-encoding']).toBeUndefined();
  });

  it('is the commitment in lower-case hex', async () => {
    const commitment = new Uint8Array(44).fill(0xab);
    const found = await client.findPath(calendar.url, commitment);
    expect(found).toEqual({ kind: 'waiting', text: 'Not found' });
    expect(calendar.requests[0]?.path).toBe(`/timestamp/${'ab'.repeat(44)}`);
    expect(calendar.requests[0]?.headers['content-type']).toBeUndefined();
  });

  it('goes out once: nothing is tried again by itself', async () => {
    answer('reset');
    expect((await client.stamp(calendar.url, DIGEST)).kind).toBe('unreachable');
    expect(calendar.requests.length).toBe(1);
  });
});

describe('what comes back', () => {
  const ok = (length: number): HttpAnswer => ({ status: 200, body: Buffer.alloc(length, 1) });

  it('is taken up to 10,000 bytes and not one more', async () => {
    answer(ok(10_000));
    const taken = await client.stamp(calendar.url, DIGEST);
    expect(taken.kind === 'node' && taken.bytes.length).toBe(10_000);
    answer(ok(10_001));
    expect(await client.stamp(calendar.url, DIGEST)).toEqual({ kind: 'too-large' });
    answer('endless');
    expect(await client.stamp(calendar.url, DIGEST)).toEqual({ kind: 'too-large' });
  });

  it.each([
    ['hang', 'timeout'],
    ['drip', 'timeout'],
    ['reset', 'broken'],
    ['truncate', 'broken'],
  ] as const)('and is a %s ends as %s', async (misdeed, error) => {
    answer(misdeed);
    expect(await client.stamp(calendar.url, DIGEST)).toEqual({ kind: 'unreachable', error });
    // The next one is not spoilt by it.
    calendar.fault = () => null;
    expect((await client.stamp(calendar.url, DIGEST)).kind).toBe('node');
  });

  it.each([201, 204, 301, 302, 307, 400, 403, 429, 500, 503])(
    'status %i is refused and not followed',
    async (status) => {
      answer({ status, headers: { location: `${calendar.url}/elsewhere` } });
      expect(await client.stamp(calendar.url, DIGEST)).toEqual({ kind: 'refused', status });
      expect(calendar.requests.length).toBe(1);
    },
  );

  it('with words for people is made harmless and short', async () => {
    answer({ status: 404, body: `Pending <script>\u001b[31m\n"x" é${'y'.repeat(500)}` });
    const found = await client.findPath(calendar.url, DIGEST);
    if (found.kind !== 'waiting') throw new Error(found.kind);
    expect(found.text.length).toBeLessThanOrEqual(160);
    expect(found.text).toMatch(/^[A-Za-z0-9#\-.,; _]+$/);
  });
});

describe('where it may go', () => {
  it('is judged by the guard of the deliveries, at the connection', async () => {
    const guarded = createCalendarClient({
      connections: createDeliveryClient({ allowHttp: true, egressAllow: [] }),
    });
    for (const origin of [calendar.url, 'http://169.254.169.254', 'http://localhost:1']) {
      expect(await guarded.stamp(origin, DIGEST)).toEqual({
        kind: 'unreachable',
        error: 'blocked_address',
      });
    }
    expect(calendar.requests).toEqual([]);
    await guarded.close();
  });

  it('is a name whose every address is allowed', async () => {
    const rebinding = createCalendarClient({
      connections: createDeliveryClient({
        allowHttp: true,
        egressAllow: parseCidrList('127.0.0.1'),
        resolver: { resolve: async () => ['127.0.0.1', '10.0.0.1'] },
      }),
    });
    const { port } = new URL(calendar.url);
    expect(await rebinding.stamp(`http://calendar.example:${port}`, DIGEST)).toEqual({
      kind: 'unreachable',
      error: 'blocked_address',
    });
    await rebinding.close();
  });
});

it('ends what is under way when it is closed', async () => {
  const patient = loopbackClient(60_000);
  answer('hang');
  const pending = patient.stamp(calendar.url, DIGEST);
  await expect.poll(() => calendar.requests.length).toBe(1);
  await patient.close();
  expect(await pending).toEqual({ kind: 'unreachable', error: 'shutdown' });
});
