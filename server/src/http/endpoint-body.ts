/** What a caller wants an endpoint to be, judged as a whole: all that is wrong at once, and secrets apart from the rest. @module */
import { Failure, type FailureDetail } from '../base/failure.ts';
import { faultsOfCustomHeaders } from '../delivery/custom-headers.ts';
import { parseClientIdentity } from '../endpoints/client-identity.ts';
import type { EndpointSecrets } from '../endpoints/create-endpoint.ts';
import {
  type DestinationRules,
  parseDestinationUrl,
  type RefusalReason,
} from '../endpoints/destination-guard.ts';
import { parseEndpointSignature } from '../endpoints/endpoint-signature.ts';
import { parseKeptHeaders } from '../endpoints/request-settings.ts';
import { parseGivenPair, type SigningPair } from '../endpoints/signing-pair.ts';
import { takeUrlCredentials } from '../endpoints/url-credentials.ts';
import type { NewEndpointBody } from './schemas/endpoint.ts';

export interface JudgedEndpoint {
  /** In its normal form, without credentials. */
  readonly url: string;
  /** The names of the custom headers are in lower case; that of the URL's credentials is among them. */
  readonly secrets: EndpointSecrets;
  readonly keptHeaders: readonly string[];
}

const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  too_long: 'must have at most 2048 characters',
  not_a_url: 'must be an absolute URL',
  scheme: 'must begin with https://',
  http_not_allowed: 'must begin with https:// (the operator can set KAPSEL_ALLOW_HTTP=1)',
  credentials: 'has a user name or password that no header can carry',
  port: 'must not use this port',
  address:
    'must not lead into a private or reserved network (the operator can set KAPSEL_EGRESS_ALLOW)',
};

type Found<Value> = { readonly value: Value; readonly faults: readonly FailureDetail[] };

/** Throws a Failure that names everything that cannot be used, and repeats no secret. */
export function judgeEndpoint(
  body: NewEndpointBody,
  rules: DestinationRules,
  nowMs: number,
): JudgedEndpoint {
  const destination = destinationOf(body.url, rules);
  const signature = signatureOf(body.signature);
  const pair = pairOf(body.signing_secrets);
  const custom = customHeadersOf(body.custom_headers ?? {}, destination.value.authorization);
  const client = clientOf(body.client_certificate, nowMs);
  const kept = keptHeadersOf(body.kept_headers ?? []);
  const parts = [destination, signature, pair, custom, client, kept];
  const details = parts.flatMap(({ faults }) => faults);
  if (details.length > 0) {
    throw new Failure('invalid_request', 'The endpoint cannot be as it is wanted', { details });
  }
  return {
    url: destination.value.href,
    secrets: {
      signature: signature.value,
      pair: pair.value,
      customHeaders: custom.value,
      client: client.value,
    },
    keptHeaders: kept.value,
  };
}

/** The pair that a rotation is to begin with. Throws a Failure for secrets that cannot be used. */
export function judgePair(given: NewEndpointBody['signing_secrets']): SigningPair {
  const { value, faults } = pairOf(given);
  if (faults.length === 0) return value;
  throw new Failure('invalid_request', 'The secrets cannot be used', { details: faults });
}

function destinationOf(
  text: string,
  rules: DestinationRules,
): Found<{ readonly href: string; readonly authorization: string | null }> {
  const none = { href: '', authorization: null };
  const refused = (reason: RefusalReason) =>
    found(none, [{ path: '/url', message: REFUSALS[reason] }]);
  const first = parseDestinationUrl(text, rules);
  if (first.kind === 'destination') return found({ href: first.href, authorization: null });
  if (first.reason !== 'credentials') return refused(first.reason);
  const taken = takeUrlCredentials(text);
  if (taken.kind !== 'taken') return refused('credentials');
  const rest = parseDestinationUrl(taken.url, rules);
  if (rest.kind === 'refused') return refused(rest.reason);
  return found({ href: rest.href, authorization: taken.authorization });
}

function signatureOf(signature: NewEndpointBody['signature']): Found<EndpointSecrets['signature']> {
  if (signature === undefined) return found(null);
  const parsed = parseEndpointSignature(signature);
  if (parsed.kind === 'signature') {
    return found({ choice: parsed.choice, secrets: signature.secrets });
  }
  return found(
    null,
    parsed.faults.map(({ path, message }) => ({ path: `/signature${path}`, message })),
  );
}

function pairOf(given: NewEndpointBody['signing_secrets']): Found<SigningPair> {
  const parsed = parseGivenPair(given ?? {});
  if (parsed.kind === 'pair') return found(parsed.pair);
  return found(
    { v1: '', v1a: '' },
    parsed.faults.map(({ version, message }) => ({ path: `/signing_secrets/${version}`, message })),
  );
}

function customHeadersOf(
  headers: Readonly<Record<string, string>>,
  authorization: string | null,
): Found<EndpointSecrets['customHeaders']> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const faults = faultsOfCustomHeaders(headers).map(({ name, message }) => ({
    // RFC 6901 section 3
    path: `/custom_headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`.replace(/\/$/, ''),
    message,
  }));
  if (authorization === null) return found(Object.fromEntries(lower), faults);
  if (lower.some(([name]) => name === 'authorization')) {
    const message = 'has credentials beside a header that says others';
    return found({}, [...faults, { path: '/url', message }]);
  }
  return found(Object.fromEntries([...lower, ['authorization', authorization]]), faults);
}

function clientOf(
  given: NewEndpointBody['client_certificate'],
  nowMs: number,
): Found<EndpointSecrets['client']> {
  if (given === undefined) return found(null);
  const identity = { certificate: given.certificate, privateKey: given.private_key };
  const parsed = parseClientIdentity(identity, nowMs);
  if (parsed.kind === 'identity') return found({ identity, info: parsed.info });
  const { member, message } = parsed.fault;
  return found(null, [{ path: `/client_certificate/${member}`, message }]);
}

function keptHeadersOf(names: readonly string[]): Found<readonly string[]> {
  const parsed = parseKeptHeaders(names);
  if (parsed !== null) return found(parsed);
  return found([], [{ path: '/kept_headers', message: 'must be header names, no credentials' }]);
}

function found<Value>(value: Value, faults: readonly FailureDetail[] = []): Found<Value> {
  return { value, faults };
}
