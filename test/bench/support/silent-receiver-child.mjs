// @ts-check
/** A destination that takes requests and never answers; answers its port when it is asked. @module */
import { createServer } from 'node:http';

const server = createServer((request) => request.resume());
server.listen(0, '127.0.0.1', () => {
  process.send?.('ready');
});
process.on('message', () => {
  const address = server.address();
  process.send?.(address === null || typeof address === 'string' ? 0 : address.port);
});
process.on('disconnect', () => process.exit(0));
