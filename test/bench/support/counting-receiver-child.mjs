// @ts-check
/**
 * A destination that answers 200 at once, or after a while, and counts. Told `{ delayMs }` it starts to count anew; told
 * `{}` it says what it has counted; its port stands in each answer.
 * @module
 */
import { createServer } from 'node:http';

/** @typedef {{ port: number, requests: number, firstMs: number, lastMs: number, mostAtOnce: number, cpuSeconds: number }} Counted Times are Unix milliseconds. */

let delayMs = 0;
let open = 0;
let counted = { requests: 0, firstMs: 0, lastMs: 0, mostAtOnce: 0 };

const server = createServer((request, response) => {
  open += 1;
  counted.mostAtOnce = Math.max(counted.mostAtOnce, open);
  request.resume();
  const answer = () => {
    open -= 1;
    counted.lastMs = Date.now();
    response.end('ok');
  };
  request.on('end', () => {
    counted.requests += 1;
    if (counted.firstMs === 0) counted.firstMs = Date.now();
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, () => process.send?.('ready'));
process.on('message', (/** @type {{ delayMs?: number }} */ told) => {
  if (told.delayMs !== undefined) {
    delayMs = told.delayMs;
    counted = { requests: 0, firstMs: 0, lastMs: 0, mostAtOnce: 0 };
  }
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  const { user, system } = process.cpuUsage();
  process.send?.({ port, ...counted, cpuSeconds: (user + system) / 1e6 });
});
process.on('disconnect', () => process.exit(0));
