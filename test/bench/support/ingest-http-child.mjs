// @ts-check
/**
 * A ceiling: the server's whole HTTP side with every check of a request, where what is accepted is stored nowhere.
 * With the word `bare` it is `node:http` and nothing of ours. Told `{ endpointId, scheme, secret }`; answers its port.
 * @module
 */
import { createServer } from 'node:http';
import { importServer } from './bench-database.mjs';

process.on(
  'message',
  async (/** @type {{ endpointId: string, scheme: object, secret: string }} */ order) => {
    process.send?.(process.argv[2] === 'bare' ? await bare() : await ours(order));
  },
);
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

/** @returns {Promise<number>} */
function bare() {
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ size: Buffer.concat(chunks).length }));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address === null || typeof address === 'string' ? 0 : address.port);
    });
  });
}

/** @param {{ endpointId: string, scheme: object, secret: string }} order @returns {Promise<number>} */
async function ours({ endpointId, scheme, secret }) {
  const [http, budget, clock, ids, metrics, schemes, signature, logger, tracing] =
    await Promise.all([
      importServer('http/server.js'),
      importServer('base/byte-budget.js'),
      importServer('base/clock.js'),
      importServer('base/ids.js'),
      importServer('telemetry/metrics.js'),
      importServer('endpoints/signature-scheme.js'),
      importServer('ingest/signature.js'),
      importServer('telemetry/logger.js'),
      importServer('telemetry/tracing.js'),
    ]);
  const parsed = schemes.parseSignatureScheme(scheme);
  const target = {
    endpointId,
    tenantId: endpointId,
    verifier: signature.createSignatureVerifier(parsed.scheme, [secret]),
  };
  const found = Promise.resolve(target);
  const app = http.createHttpServer(
    {
      clock: clock.systemClock,
      log: {},
      ingest: {
        findTarget: () => found,
        assertRoom: () => undefined,
        accept: async () => ({ eventId: ids.newId(Date.now()), duplicate: false }),
      },
      bodyMemory: new budget.ByteBudget(2 ** 29),
      takeIngestTokens: () => ({ kind: 'taken' }),
      rates: {},
      trustedProxies: [],
      tracing: tracing.openTracing(),
      onIngested: () => undefined,
      proofs: {},
      phase: () => 'serving',
      isSigning: () => true,
      verifyPage: null,
      metrics: metrics.createMetrics(),
      metricsToken: null,
    },
    logger.createLogger('warn'),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app.server.address().port;
}
