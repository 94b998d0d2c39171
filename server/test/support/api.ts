/** The HTTP API on rooms, spoken to without sockets. @module */
import { bitcoinMainnet } from '@kapsel/verification';
import type { FastifyInstance } from 'fastify';
import { ByteBudget } from '../../src/base/byte-budget.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createSealer, type Sealer } from '../../src/base/seal.ts';
import { Secret } from '../../src/base/secret.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import { cursorKeyFromSecret } from '../../src/http/cursor.ts';
import type { RouteDeps } from '../../src/http/routes/route-deps.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createIngest, type Ingest } from '../../src/ingest/accept.ts';
import { shareKeyFromSecret } from '../../src/proofs/share-token.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { NO_TRACING } from '../../src/telemetry/tracing.ts';
import type { Rates } from '../../src/tenants/rates.ts';
import { parseTiers } from '../../src/tenants/tier.ts';
import { type Conformity, createConformity, type DocumentJson } from './conformity.ts';
import { type Journal, openJournal } from './journal.ts';
import { openTestProofs } from './proofs.ts';
import type { Rooms } from './rooms.ts';
import { tenantReadsOf, tenantsOf } from './tenant.ts';

export interface CallOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and text as they are, anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body read as JSON; the test says what it expects, and fails where that is not so. */
  json<T = unknown>(): T;
}

export interface Api {
  readonly http: FastifyInstance;
  readonly journal: Journal;
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    options?: CallOptions,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export const TEST_SEALER: Sealer = createSealer(new Uint8Array(32).fill(7));

/** The ingest as `app.ts` builds it, with the secret key of the tests. */
export function ingestOf(rooms: Rooms): Ingest {
  return createIngest({
    pool: rooms.pools.ingest,
    clock: systemClock,
    sealer: TEST_SEALER,
    random: Math.random,
    onCommitted: () => undefined,
  });
}

export const PLATFORM_TOKEN = 'platform-token-of-the-tests-0123456789';

/** Nobody has a limit. */
export const NO_LIMITS: Rates = {
  takeForTenant: () => ({ kind: 'taken' }),
  takeForAddress: () => ({ kind: 'taken' }),
};

/** What `app.ts` hands to the routes, as tests want it. */
export function routeDeps(rooms: Rooms): RouteDeps {
  return {
    pool: rooms.pools.reader,
    forTenant: tenantsOf(rooms.pools),
    operatorPool: rooms.pools.upkeep,
    readForTenant: tenantReadsOf(rooms.pools),
    clock: systemClock,
    log: rooms.log,
    ingest: ingestOf(rooms),
    sealer: TEST_SEALER,
    bodyMemory: new ByteBudget(64 * 1024 * 1024),
    takeIngestTokens: () => ({ kind: 'taken' }),
    onIngested: () => undefined,
    rates: NO_LIMITS,
    tiers: parseTiers(''),
    trustedProxies: [],
    proofs: openTestProofs(rooms.pools.reader),
    findWitnessedHead: async () => null,
    chain: bitcoinMainnet(),
    shareKey: shareKeyFromSecret(Buffer.alloc(32, 7)),
    cursorKey: cursorKeyFromSecret(Buffer.alloc(32, 7)),
    publicUrl: null,
    destinationRules: { allowHttp: false, egressAllow: parseCidrList('127.0.0.1') },
    defaultMaxAttempts: 11,
    onEndpointChange: () => undefined,
    phase: () => 'serving',
    isSigning: () => true,
    verifyPage: null,
    consolePage: null,
    metrics: createMetrics({ process: false }),
    metricsToken: null,
    platformToken: new Secret(PLATFORM_TOKEN),
    tracing: NO_TRACING,
    logsRequests: () => false,
  };
}

/** Call `close` before the rooms are closed. Each answer is held against the API's document. */
export function openApi(rooms: Rooms, change: Partial<RouteDeps> = {}): Api {
  const journal = openJournal();
  const http = createHttpServer({ ...routeDeps(rooms), ...change }, journal);
  return {
    http,
    journal,
    async call(method, path, { key, headers = {}, body } = {}) {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await http.inject({
        method,
        url: path,
        headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
        ...(body === undefined
          ? {}
          : { payload: isRaw ? Buffer.from(body as string) : JSON.stringify(body) }),
      });
      conformity ??= createConformity(await ownDocument(rooms));
      conformity.check({
        method,
        url: path,
        status: response.statusCode,
        contentType: String(response.headers['content-type'] ?? ''),
        text: response.body,
      });
      return {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        bytes: response.rawPayload,
        json: () => JSON.parse(response.body),
      };
    },
    close: () => http.close(),
  };
}

/** Owned by `call`: the same for all servers of a test file. */
let conformity: Conformity | null = null;

/** The document that a server gives of itself; asked of one of its own, which no limit or hook of a test counts. */
export async function ownDocument(rooms: Rooms): Promise<DocumentJson> {
  const http = createHttpServer(routeDeps(rooms), openJournal());
  const answer = await http.inject({ method: 'GET', url: '/openapi.json' });
  await http.close();
  return answer.json<DocumentJson>();
}

/** All that a caller could tell two answers apart by. */
export function visible({ status, headers, bytes }: Answer): unknown {
  return { status, names: Object.keys(headers).sort(), body: bytes.toString('latin1') };
}

interface ErrorJson {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details?: readonly { readonly path: string }[];
  };
}

/** Status, code and the places of a refusal: what callers may rely on. */
export function refusal(answer: Answer): unknown[] {
  const { code, details } = answer.json<ErrorJson>().error;
  return [answer.status, code, ...(details ?? []).map(({ path }) => path)];
}
