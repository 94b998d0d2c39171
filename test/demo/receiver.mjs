// @ts-check
/** A destination for the demo: a process of its own that answers 200 and says what it received. @module */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const hash = createHash('sha256');
  let size = 0;
  request.on('data', (/** @type {Buffer} */ chunk) => {
    hash.update(chunk);
    size += chunk.length;
  });
  request.on('end', () => {
    response.end('thank you\n');
    const received = {
      method: request.method,
      path: request.url,
      size,
      sha256: hash.digest('hex'),
      delivery_attempt_id: request.headers['kapsel-attempt'],
    };
    process.stdout.write(`${JSON.stringify(received)}\n`);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
});
// The demo holds the other end of stdin: when it is gone, so are we.
process.stdin.on('end', () => process.exit(0)).resume();
