/** The HTTP server: limits, timeouts and, on one screen, the order of everything a request meets. @module */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Logger } from '../telemetry/logger.ts';
import { callerIfFound } from './authenticate.ts';
import { boundClosing, lingerAfterRefusal } from './connections.ts';
import { takeSessions } from './console-session.ts';
import { collectMethods } from './method-not-allowed.ts';
import { describeRoutes } from './openapi/document.ts';
import { chargeStranger, limitRates } from './rate-limits.ts';
import { installRawBody, MAX_BODY_BYTES } from './raw-body.ts';
import { errorBody, sendFailure } from './reply.ts';
import { traceIdOf } from './request-trace.ts';
import { anchorRoutes } from './routes/anchors.ts';
import { apiDocumentRoutes } from './routes/api-document.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { attestationRoutes } from './routes/attestation.ts';
import { consolePageRoutes } from './routes/console-page.ts';
import { consoleSessionRoutes } from './routes/console-session.ts';
import { endpointChangeRoutes } from './routes/endpoint-change.ts';
import { endpointStateRoutes } from './routes/endpoint-state.ts';
import { endpointTestRoutes } from './routes/endpoint-test.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { eventListRoutes } from './routes/event-list.ts';
import { eventReplayRoutes } from './routes/event-replay.ts';
import { eventRetryRoutes } from './routes/event-retry.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { ingestRoutes } from './routes/ingest.ts';
import { ingestBatchRoutes } from './routes/ingest-batch.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { packageRoutes } from './routes/packages.ts';
import { rotateSecretRoutes } from './routes/rotate-secret.ts';
import type { RouteDeps } from './routes/route-deps.ts';
import { shareRoutes } from './routes/share.ts';
import { statsRoutes } from './routes/stats.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { tileRoutes } from './routes/tiles.ts';
import { verifyPageRoutes } from './routes/verify-page.ts';

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** A sender that drips is ended so much after its deadline at the latest. */
const CHECK_INTERVAL_MS = 2_000;
const MAX_HEADER_BYTES = 16 * 1024;
const CLOSING_DEADLINE_MS = 10_000;
const LINGER_DEADLINE_MS = 5_000;
const SAFE_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

export function createHttpServer(deps: RouteDeps, logger: Logger): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    // However long an id is, it gets the answer of any unknown one.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    forceCloseConnections: 'idle',
    // A request that arrives on an open connection while we close is still served.
    return503OnClosing: false,
    logger: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && SAFE_REQUEST_ID.test(given) ? given : randomUUID();
    },
    // What a schema does not name is an error, and nothing is converted behind the caller's back.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } },
    clientErrorHandler: refuseBrokenRequest,
    // A path whose escapes cannot be read names nothing. No hook has run at this point.
    frameworkErrors: (_error, request, reply) =>
      sendNotFound(request, setCommonHeaders(request, reply)),
  });
  boundClosing(app, deps.clock, CLOSING_DEADLINE_MS);
  lingerAfterRefusal(app, deps.clock, LINGER_DEADLINE_MS);
  installRawBody(app, deps.bodyMemory);
  // Hooks that every request meets take a callback: each promise costs a webhook some microseconds.
  app.addHook('onRequest', function commonHeaders(request, reply, done) {
    setCommonHeaders(request, reply);
    done();
  });
  takeSessions(app, deps);
  limitRates(app, deps);
  logRequests(app, deps.logsRequests, logger);
  app.setErrorHandler(async (error, request, reply) =>
    sendFailure(logger, await chargeStranger(deps, error, request), request, reply),
  );
  const methodsOf = collectMethods(app);
  const documentOf = describeRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    return methods.length === 0
      ? sendNotFound(request, reply)
      : sendMethodNotAllowed(reply, methods);
  });
  healthRoutes(app, deps);
  metricsRoutes(app, deps);
  ingestRoutes(app, deps);
  ingestBatchRoutes(app, deps, logger);
  endpointRoutes(app, deps);
  endpointChangeRoutes(app, deps, logger);
  endpointTestRoutes(app, deps);
  rotateSecretRoutes(app, deps);
  endpointStateRoutes(app, deps, logger);
  eventRoutes(app, deps);
  eventListRoutes(app, deps);
  eventRetryRoutes(app, deps);
  eventReplayRoutes(app, deps);
  statsRoutes(app, deps);
  apiKeyRoutes(app, deps);
  tenantRoutes(app, deps);
  for (const prefix of ['', '/api/v1']) {
    attestationRoutes(app, deps, prefix);
    anchorRoutes(app, deps, prefix);
    packageRoutes(app, deps, prefix);
    shareRoutes(app, deps, prefix);
  }
  tileRoutes(app, deps);
  verifyPageRoutes(app, deps);
  consolePageRoutes(app, deps);
  consoleSessionRoutes(app, deps);
  apiDocumentRoutes(app, documentOf);
  return app;
}

/** The route as it was declared, never the path: that may hold ids of strangers, and a query secrets. */
function logRequests(app: FastifyInstance, isWanted: () => boolean, logger: Logger): void {
  app.addHook('onResponse', function logRequest(request, reply, done) {
    done();
    if (!isWanted()) return;
    const traceId = traceIdOf(request);
    const tenantId = callerIfFound(request)?.tenantId;
    logger.debug('request answered', {
      request_id: request.id,
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      ...(tenantId === undefined ? {} : { tenant_id: tenantId }),
      method: request.method,
      ...(request.routeOptions.url === undefined ? {} : { route: request.routeOptions.url }),
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime),
    });
  });
}

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .header('x-request-id', request.id)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store'); // unless the route knows better
}

function sendNotFound(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).send(errorBody('not_found', 'Not found'));
}

function sendMethodNotAllowed(reply: FastifyReply, methods: readonly string[]): FastifyReply {
  return reply
    .code(405)
    .header('allow', methods.join(', '))
    .send(errorBody('method_not_allowed', 'The path has other methods'));
}

// Bytes that are no HTTP never become a request, so this answer is written by hand.
function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'invalid_request']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'request_timeout']
        : ['400 Bad Request', 'invalid_request'];
  const body = JSON.stringify(
    errorBody(code ?? 'invalid_request', 'The request is not valid HTTP'),
  );
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nX-Request-Id: ${randomUUID()}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
