/** GET /metrics: Prometheus text, open without a token, closed with one. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { openApi, refusal } from '../../support/api.ts';
import { parseExposition } from '../../support/exposition.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

describe('GET /metrics', () => {
  it('answers what was counted', async () => {
    const metrics = createMetrics({ process: false });
    metrics.auditCheckedLeaves.inc({}, 7);
    const api = openApi(rooms, { metrics });
    const answer = await api.call('GET', '/metrics');
    expect([
      answer.status,
      answer.headers['content-type'],
      answer.headers['cache-control'],
    ]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', 'no-store']);
    const family = parseExposition(answer.text).get('kapsel_audit_checked_leaves_total');
    expect(family?.samples).toEqual([
      { name: 'kapsel_audit_checked_leaves_total', labels: {}, value: 7 },
    ]);
    expect(refusal(await api.call('GET', '/metrics?x=1'))).toEqual([400, 'invalid_request', '/x']);
    await api.close();
  });

  it('asks for the token where one is set', async () => {
    const api = openApi(rooms, { metricsToken: new Secret('scrape-me') });
    expect((await api.call('GET', '/metrics', { key: 'scrape-me' })).status).toBe(200);
    for (const key of ['scrape-m', 'scrape-me2', '', undefined]) {
      const answer = await api.call('GET', '/metrics', key === undefined ? {} : { key });
      expect(refusal(answer)).toEqual([401, 'unauthorized']);
      expect(answer.text).not.toContain('kapsel_');
    }
    await api.close();
  });
});
