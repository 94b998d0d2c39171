/** Requests made from the API's document: which operations there are, who may call them, and what they are sent. @module */
import { SCOPES, type Scope } from '../../src/tenants/api-key.ts';
import type { DocumentJson, OperationJson } from './conformity.ts';

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{parameters}`. */
  readonly path: string;
  /** True for what answers without a key. */
  readonly isOpen: boolean;
  /** The first scheme of its security. */
  readonly scheme: string | null;
  readonly scopes: readonly string[];
  readonly queries: readonly string[];
  readonly json: OperationJson;
}

export function operationsOf(document: DocumentJson): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, json]): Operation => {
      const [scheme] = json.security.flatMap((way) => Object.keys(way));
      return {
        id: json.operationId,
        method: method.toUpperCase() as Operation['method'],
        path,
        isOpen: json.security.every((way) => Object.keys(way).length === 0) || opens(json),
        scheme: scheme ?? null,
        scopes: json.security.flatMap((way) => way.apiKey ?? []),
        queries: (json.parameters ?? [])
          .filter((each) => each.in === 'query')
          .map((each) => each.name),
        json,
      };
    }),
  );
}

function opens({ security }: OperationJson): boolean {
  return security.some((way) => Object.keys(way).length === 0);
}

/** The scope of an operation that a tenant's key is needed for; null for what is open, or the operator's. */
export function scopeOf({ isOpen, scopes }: Operation): Scope | null {
  const [scope] = scopes;
  if (isOpen || scope === undefined) return null;
  if (!SCOPES.includes(scope as Scope)) throw new Error(`${scope} is not a scope`);
  return scope as Scope;
}

/** The names in its path. */
export function parametersOf({ path }: Operation): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

export function pathWith({ path }: Operation, ids: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? '-');
}

/** The example of the document; bytes where it takes bytes. */
export function bodyOf({ json }: Operation): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
} {
  const [entry] = Object.entries(json.requestBody?.content ?? {});
  if (entry === undefined) return { headers: {}, body: undefined };
  const [type, { example }] = entry;
  if (type === 'application/x-ndjson') {
    return { headers: { 'content-type': type }, body: Buffer.from('{"payload":1}') };
  }
  return { headers: {}, body: type === 'application/json' ? example : Buffer.from('{}') };
}

/** What is no id, in ways that could be answered differently. */
export const MALFORMED: readonly string[] = [
  'x',
  '-',
  '00000000-0000-0000-0000-00000000000',
  '00000000-0000-0000-0000-0000000000000',
  '%7b%7d',
  '%00',
  '%zz',
  '%ff',
  'a'.repeat(300),
  'a'.repeat(8_000),
  "'; SELECT 1; --".replaceAll(' ', '%20'),
];
