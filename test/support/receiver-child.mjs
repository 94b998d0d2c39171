// @ts-check
/** A destination in a process of its own: answers as it is told, and reports each request to whoever started it. @module */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** A status to answer with, or `hang` to keep the request open. @type {number | 'hang'} */
let behaviour = 200;

const server = createServer((request, response) => {
  const hash = createHash('sha256');
  let size = 0;
  request.on('data', (/** @type {Buffer} */ chunk) => {
    hash.update(chunk);
    size += chunk.length;
  });
  request.on('end', () => {
    process.send?.({
      kind: 'request',
      attemptId: request.headers['kapsel-attempt'],
      eventId: request.headers['webhook-id'],
      contentType: request.headers['content-type'] ?? null,
      sha256: hash.digest('hex'),
      size,
    });
    if (behaviour === 'hang') return;
    response.statusCode = behaviour;
    response.end('received');
  });
});

process.on('message', (/** @type {number | 'hang'} */ told) => {
  behaviour = told;
  process.send?.({ kind: 'told' });
});
// Whoever started this is gone: so are we.
process.on('disconnect', () => process.exit(0));
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.send?.({ kind: 'listening', port: address.port });
});
