/** Signature schemes: how a provider signs its webhooks, as a record of data. Standard Webhooks 1.0.0 and the providers' own documents. @module */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parseSignedTemplate, type SignedTemplate } from './signed-template.ts';

export type SignatureAlgorithm = 'hmac-sha256' | 'hmac-sha512' | 'hmac-sha1' | 'ed25519';

/** Where the signatures stand in their header. A list has versions: those not named here are passed over. */
export type Extract =
  | { readonly kind: 'bare' }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | {
      readonly kind: 'list';
      readonly itemSeparator: string;
      readonly pairSeparator: string;
      readonly versions: readonly string[];
    };

export type TimestampPlace =
  | { readonly kind: 'none' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'list'; readonly name: string };

/** How the text of a secret becomes the bytes of a key. */
export type KeyRule =
  | { readonly kind: 'utf8' }
  | { readonly kind: 'hex' }
  | { readonly kind: 'base64'; readonly prefix: string };

/** What names an event beyond retries: a header, or a place in the JSON body. */
export type EventKeyPlace =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'pointer'; readonly pointer: string };

/** Header names are in lower case. */
export interface SignatureScheme {
  readonly algorithm: SignatureAlgorithm;
  readonly signatureHeader: string;
  readonly extract: Extract;
  readonly encoding: 'hex' | 'base64';
  readonly template: SignedTemplate;
  readonly idHeader: string | null;
  readonly timestamp: TimestampPlace;
  readonly timestampFormat: 'unix' | 'rfc3339';
  readonly toleranceS: number;
  readonly key: KeyRule;
  readonly eventKey: EventKeyPlace | null;
}

const DEFAULT_TOLERANCE_S = 300;

const strict = { additionalProperties: false } as const;
const HeaderName = Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]{1,100}$" }); // RFC 9110 5.6.2
const Separator = Type.String({ pattern: '^[\\x20-\\x7e]$' });
const Word = Type.String({ pattern: '^[!-~]{1,32}$' });

/** The record as the API and the database hold it. */
export const SchemeJson = Type.Object(
  {
    alg: Type.Union([
      Type.Literal('hmac-sha256'),
      Type.Literal('hmac-sha512'),
      Type.Literal('hmac-sha1'),
      Type.Literal('ed25519'),
    ]),
    signature_header: HeaderName,
    extract: Type.Union([
      Type.Object({ kind: Type.Literal('bare') }, strict),
      Type.Object({ kind: Type.Literal('prefix'), prefix: Word }, strict),
      Type.Object(
        {
          kind: Type.Literal('list'),
          item_separator: Separator,
          pair_separator: Separator,
          versions: Type.Array(Word, { minItems: 1, maxItems: 4 }),
        },
        strict,
      ),
    ]),
    encoding: Type.Union([Type.Literal('hex'), Type.Literal('base64')]),
    signed: Type.String({ minLength: 1, maxLength: 200 }),
    id_header: Type.Optional(HeaderName),
    timestamp: Type.Optional(
      Type.Union([
        Type.Object({ kind: Type.Literal('none') }, strict),
        Type.Object({ kind: Type.Literal('header'), name: HeaderName }, strict),
        Type.Object({ kind: Type.Literal('list'), name: Word }, strict),
      ]),
    ),
    timestamp_format: Type.Optional(Type.Union([Type.Literal('unix'), Type.Literal('rfc3339')])),
    tolerance_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    key: Type.Union([
      Type.Object({ kind: Type.Literal('utf8') }, strict),
      Type.Object({ kind: Type.Literal('hex') }, strict),
      Type.Object(
        { kind: Type.Literal('base64'), prefix: Type.String({ pattern: '^[!-~]{0,32}$' }) },
        strict,
      ),
    ]),
    event_key: Type.Optional(
      Type.Union([
        Type.Object({ kind: Type.Literal('header'), name: HeaderName }, strict),
        Type.Object(
          {
            kind: Type.Literal('pointer'),
            pointer: Type.String({ pattern: '^(/[^/\\u0000-\\u001f]*)+$', maxLength: 200 }),
          },
          strict,
        ),
      ]),
    ),
  },
  { ...strict, title: 'SignatureScheme' },
);
export type SchemeJson = Static<typeof SchemeJson>;

/** One member of a record that does not go with the others. */
export interface SchemeFault {
  /** JSON pointer within the record. */
  readonly path: string;
  readonly message: string;
}

export type ParsedScheme =
  | { readonly kind: 'scheme'; readonly scheme: SignatureScheme }
  | { readonly kind: 'faults'; readonly faults: readonly SchemeFault[] };

/** Judges the record whole, whoever hands it over: one that is not understood must never accept anything. */
export function parseSignatureScheme(json: unknown): ParsedScheme {
  if (!Value.Check(SchemeJson, json)) {
    return { kind: 'faults', faults: [{ path: '', message: 'is not a signature scheme' }] };
  }
  const timestamp = json.timestamp ?? { kind: 'none' };
  const template = parseSignedTemplate(json.signed);
  if (typeof template === 'string') {
    return { kind: 'faults', faults: [{ path: '/signed', message: template }] };
  }
  const faults: SchemeFault[] = [];
  const want = (isRight: boolean, path: string, message: string): void => {
    if (!isRight) faults.push({ path, message });
  };
  // What is read but not signed protects nothing, and what is signed must come from somewhere.
  want(template.hasId === (json.id_header !== undefined), '/id_header', 'goes with {id}');
  want(
    template.hasTimestamp === (timestamp.kind !== 'none'),
    '/timestamp',
    'goes with {timestamp}',
  );
  want(
    timestamp.kind !== 'list' || json.extract.kind === 'list',
    '/timestamp',
    'can be in a list only when the signatures are',
  );
  want(
    timestamp.kind !== 'none' ||
      (json.tolerance_s === undefined && json.timestamp_format === undefined),
    '/timestamp',
    'is missing: a tolerance or format says nothing without it',
  );
  want(
    json.extract.kind !== 'list' || json.extract.item_separator !== json.extract.pair_separator,
    '/extract/pair_separator',
    'must differ from the separator of items',
  );
  want(json.alg !== 'ed25519' || json.key.kind !== 'utf8', '/key', 'must be hex or base64');
  if (faults.length > 0) return { kind: 'faults', faults };
  return {
    kind: 'scheme',
    scheme: {
      algorithm: json.alg,
      signatureHeader: json.signature_header.toLowerCase(),
      extract: extractFromJson(json.extract),
      encoding: json.encoding,
      template,
      idHeader: json.id_header?.toLowerCase() ?? null,
      timestamp:
        timestamp.kind === 'header'
          ? { kind: 'header', name: timestamp.name.toLowerCase() }
          : timestamp,
      timestampFormat: json.timestamp_format ?? 'unix',
      toleranceS: json.tolerance_s ?? DEFAULT_TOLERANCE_S,
      key: json.key,
      eventKey: eventKeyFromJson(json.event_key),
    },
  };
}

function extractFromJson(extract: SchemeJson['extract']): Extract {
  if (extract.kind !== 'list') return extract;
  const { item_separator: itemSeparator, pair_separator: pairSeparator, versions } = extract;
  return { kind: 'list', itemSeparator, pairSeparator, versions };
}

function eventKeyFromJson(place: SchemeJson['event_key']): EventKeyPlace | null {
  if (place === undefined) return null;
  return place.kind === 'header' ? { kind: 'header', name: place.name.toLowerCase() } : place;
}
