/** One route as an operation of the document: what it takes, what it answers, and how it refuses. @module */
import { type TSchema, Type } from 'typebox';
import type { FailureKind } from '../../base/failure.ts';
import { isNeverLimited } from '../rate-limits.ts';
import { STATUS } from '../reply.ts';
import { type Components, exampleOf, type JsonObject } from './components.ts';
import { FAILURE_WORDS } from './failure-words.ts';
import { PARAMETER_WORDS } from './parameter-words.ts';
import type { AnswerDoc, Auth, RouteDoc } from './route-doc.ts';
import { securityOf } from './security.ts';

/** A route as it was declared: the schemas are the ones that its requests are validated by. */
export interface DescribedRoute {
  readonly method: string;
  /** With `:parameters`, and `*` for the rest of the path. */
  readonly url: string;
  readonly querystring: TSchema | null;
  readonly body: TSchema | null;
  readonly doc: RouteDoc;
}

const JSON_TYPE = 'application/json';

const KINDS = Object.keys(STATUS) as FailureKind[];

export const ErrorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.Enum(KINDS, {
        description: 'Stable: programs may rely on it.',
        examples: ['not_found'],
      }),
      message: Type.String({
        description: 'For people; it may change.',
        examples: ['Not found'],
      }),
      details: Type.Optional(
        Type.Array(
          Type.Object({
            path: Type.String({ examples: ['/url'] }),
            message: Type.String({ examples: ['must be an absolute URL'] }),
          }),
          { description: 'What is wrong with the request, and where.' },
        ),
      ),
    }),
  },
  { title: 'Error' },
);

/** `/v1/events/:event_id` is `/v1/events/{event_id}`. */
export function pathOf(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}');
}

export function describeOperation(route: DescribedRoute, components: Components): JsonObject {
  const { doc, querystring, body } = route;
  const parameters = [
    ...pathParameters(route.url),
    ...queryParameters(querystring, components),
    ...Object.entries(doc.requestHeaders ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    })),
  ];
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    security: securityOf(doc.auth),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(doc, body, components),
    responses: { ...successes(doc, components), ...refusals(route, components) },
  };
}

function pathParameters(url: string): JsonObject[] {
  const names = [...pathOf(url).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return names.map((name) => {
    const words = PARAMETER_WORDS[name];
    if (words === undefined) throw new TypeError(`the path parameter ${name} has no words`);
    const { description, example, format } = words;
    const schema = { type: 'string', ...(format === undefined ? {} : { format }) };
    return { name, in: 'path', required: true, description, schema, example };
  });
}

function queryParameters(querystring: TSchema | null, components: Components): JsonObject[] {
  const { properties = {}, required = [] } = (querystring ?? {}) as {
    properties?: Readonly<Record<string, TSchema>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = components.refer(schema);
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function requestBody(
  { rawBody, bodyIsOptional = false }: RouteDoc,
  body: TSchema | null,
  components: Components,
): JsonObject {
  if (rawBody !== undefined) {
    const { contentType, description } = rawBody;
    return { requestBody: { required: false, description, content: { [contentType]: {} } } };
  }
  if (body === null) return {};
  const content = { [JSON_TYPE]: { schema: components.refer(body), example: exampleOf(body) } };
  return { requestBody: { required: !bodyIsOptional, content } };
}

const NOT_MODIFIED: AnswerDoc = { description: 'What `If-None-Match` names is still right.' };

function successes({ answers, isConditional }: RouteDoc, components: Components): JsonObject {
  const all = { ...answers, ...(isConditional ? { 304: NOT_MODIFIED } : {}) };
  return Object.fromEntries(
    Object.entries(all).map(([status, answer]) => [status, describeAnswer(answer, components)]),
  );
}

function describeAnswer(answer: AnswerDoc, components: Components): JsonObject {
  const { description, schema, contentType = JSON_TYPE, headers } = answer;
  return {
    description,
    ...(headers === undefined ? {} : { headers: describeHeaders(headers) }),
    ...(schema === undefined
      ? answer.contentType === undefined
        ? {}
        : { content: { [contentType]: {} } }
      : {
          content: {
            [contentType]: { schema: components.refer(schema), example: exampleOf(schema) },
          },
        }),
  };
}

function describeHeaders(headers: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

/** By status, each with all codes that it can have. */
function refusals(route: DescribedRoute, components: Components): JsonObject {
  const schema = components.refer(ErrorSchema);
  const byStatus = new Map<number, FailureKind[]>();
  for (const kind of kindsOf(route)) {
    const kinds = byStatus.get(STATUS[kind]) ?? [];
    byStatus.set(STATUS[kind], [...kinds, kind]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [
      String(status),
      {
        description: kinds.map((kind) => `\`${kind}\`: ${FAILURE_WORDS[kind]}`).join('\n\n'),
        ...(status === 429 || status === 503
          ? { headers: describeHeaders({ 'Retry-After': 'When to come back, in seconds.' }) }
          : {}),
        content: { [JSON_TYPE]: { schema, examples: examplesOf(kinds) } },
      },
    ]),
  );
}

function examplesOf(kinds: readonly FailureKind[]): JsonObject {
  return Object.fromEntries(
    kinds.map((code) => [code, { value: { error: { code, message: FAILURE_WORDS[code] } } }]),
  );
}

const OF_AUTH: Partial<Readonly<Record<Auth, readonly FailureKind[]>>> = {
  none: [],
  log: ['unauthorized', 'not_found'],
  ingest: ['unauthorized', 'invalid_signature', 'timestamp_out_of_tolerance', 'insufficient_scope'],
  platform: ['unauthorized'],
  metrics: ['unauthorized'],
};
const OF_SCOPE: readonly FailureKind[] = ['unauthorized', 'insufficient_scope'];

/** All refusals of a route, each once: those that follow from what it is, and those that it names. */
function kindsOf({ url, querystring, body, doc }: DescribedRoute): readonly FailureKind[] {
  const hasBody = body !== null || doc.rawBody !== undefined;
  const kinds: FailureKind[] = [
    ...(querystring === null ? [] : (['invalid_request'] as const)),
    ...(body === null ? [] : (['invalid_json'] as const)),
    ...(OF_AUTH[doc.auth] ?? OF_SCOPE),
    ...(/[:*]/.test(url) ? (['not_found'] as const) : []),
    ...(hasBody ? (['payload_too_large', 'overloaded'] as const) : []),
    ...(isNeverLimited(url) ? [] : (['rate_limited'] as const)),
    ...(doc.errors ?? []),
    'internal',
    'unavailable',
  ];
  return KINDS.filter((kind) => kinds.includes(kind));
}
