/** How connections end: at shutdown, and after a body that was refused unread. RFC 9112 section 9.6. @module */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.ts';

/** Too large, too often, too much at once: answered before the body is read, or in the middle of it. */
const REFUSED_UNREAD: ReadonlySet<number> = new Set([413, 429, 503]);

/**
 * At shutdown ends unused connections at once, and those with a request within a deadline.
 * Node closes connections that are between two requests at that moment by itself. It waits for one that
 * comes between two requests later, for one that never sent a request (browsers and load balancers open
 * them in advance), and for a request that never ends, since closing also stops the timer behind its own
 * timeouts.
 */
export function boundClosing(app: FastifyInstance, clock: Clock, deadlineMs: number): void {
  const unused = new Set<Socket>();
  const closed = new AbortController();
  app.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', ({ socket }) => unused.delete(socket));

  let isClosing = false;
  app.addHook('preClose', async function endConnections() {
    isClosing = true;
    // No request was seen on them: whoever is there can safely try elsewhere.
    for (const socket of unused) socket.destroy();
    // Never rejects, and ends with the server; the callers it cuts off see a broken connection.
    void clock.sleep(deadlineMs, closed.signal).then(() => app.server.closeAllConnections());
  });
  app.addHook('onSend', function endAfterAnswer(_request, reply, payload, done) {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onClose', async function stopWaiting() {
    closed.abort();
  });
}

/**
 * After a refusal of an unread body closes only the sending side, and throws away what still arrives until the client has
 * closed too. Closing both at once would answer bytes on their way with a reset, and a client that is
 * still sending would see a broken connection instead of the refusal.
 */
export function lingerAfterRefusal(app: FastifyInstance, clock: Clock, deadlineMs: number): void {
  const ending = new WeakSet<Socket>();
  app.addHook('onRequest', function ignoreLateRequest({ raw: { socket } }, reply, done) {
    if (!ending.has(socket)) return done();
    socket.destroy();
    reply.hijack();
  });
  app.addHook('onSend', function linger({ raw: { socket } }, reply, payload, done) {
    const isRefused =
      REFUSED_UNREAD.has(reply.statusCode) && reply.getHeader('connection') === 'close';
    if (!isRefused) return done(null, payload);
    ending.add(socket);
    // What Node calls when the last answer on a connection is out.
    socket.destroySoon = function closeGently() {
      const closed = new AbortController();
      socket.once('close', () => closed.abort());
      socket.end();
      // Never rejects, and ends with the connection.
      void clock.sleep(deadlineMs, closed.signal).then(() => socket.destroy());
    };
    done(null, payload);
  });
}
