// @ts-check
/** A destination in a process of its own: answers as it is told, and reports each request to whoever started it. @module */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * A status to answer with; `hang` keeps the request open, `reset` breaks the connection, `half` breaks it in the middle of
 * an answer, `endless` drips an answer that never ends.
 * @typedef {number | 'hang' | 'reset' | 'half' | 'endless'} Behaviour
 */
/** @type {Behaviour} */
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
    answer(request, response);
  });
});

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function answer({ socket }, response) {
  if (behaviour === 'hang') return;
  if (behaviour === 'reset') {
    socket.resetAndDestroy();
  } else if (behaviour === 'half') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half of it', () => socket.resetAndDestroy());
  } else if (behaviour === 'endless') {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 100);
    response.on('close', () => clearInterval(drip));
  } else {
    response.statusCode = behaviour;
    response.end('received');
  }
}

process.on('message', (/** @type {Behaviour} */ told) => {
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
