// @ts-check
/** Where wrk is not installed: the same load by autocannon, in a process of its own; prints the same JSON line. @module */
import { readFileSync } from 'node:fs';
import { loadPeer } from './peers.mjs';

const [url, connections, seconds, bodyFile = '', contentType, signature, prefix] =
  process.argv.slice(2);
let count = 0;

const result = await loadPeer('autocannon')({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  method: 'POST',
  body: readFileSync(bodyFile),
  headers: { 'content-type': contentType, 'x-signature': signature },
  ...(prefix === ''
    ? {}
    : {
        requests: [
          {
            setupRequest: (/** @type {{ headers: Record<string, string> }} */ request) => {
              count += 1;
              request.headers['idempotency-key'] = `${prefix}-${count}`;
              return request;
            },
          },
        ],
      }),
});
const { latency } = result;
process.stdout.write(
  `${JSON.stringify({
    requests: result.requests.total,
    seconds: result.duration,
    p50Ms: latency.p50,
    p90Ms: latency.p90,
    p99Ms: latency.p99,
    p999Ms: latency.p99_9,
    maxMs: latency.max,
    notOk: result.non2xx + result.errors + result.timeouts,
  })}\n`,
);
