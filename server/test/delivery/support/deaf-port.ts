/** A port that takes no connection, although something listens there. @module */
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** Listens in a thread that is blocked for ever, with a backlog that is full. */
export async function openDeafPort(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  onTestFinished(async () => {
    await worker.terminate();
  });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  for (let n = 0; n < 8; n += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined); // reset when the thread ends
    onTestFinished(() => {
      socket.destroy();
    });
  }
  return port;
}
