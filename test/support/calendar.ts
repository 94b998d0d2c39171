/** A loopback OpenTimestamps calendar: aggregates digests, commits to them in a test chain, answers the paths, and misbehaves on demand. @module */
import { createHmac, randomBytes } from 'node:crypto';
import type { TestChain } from './bitcoin-chain.ts';
import {
  type Fault,
  type FaultyServer,
  type HttpAnswer,
  type HttpRequest,
  openFaultyServer,
} from './faulty-http.ts';
import {
  bitcoinAttestation,
  encodeNode,
  follow,
  type OtsStep,
  otsTree,
  pendingAttestation,
  sha256,
} from './ots-writer.ts';

export interface TestCalendar extends FaultyServer {
  /** Where digests are posted to, and the URI in its proofs. */
  readonly url: string;
  /** Digests that were posted, in order, those whose answer was spoilt too. */
  readonly digests: readonly Buffer[];
  /** One transaction over all that is not in one yet; it waits for the next block of the chain. */
  broadcast(): void;
  /** `broadcast`, and so many blocks on top that the path is answered. */
  confirm(): void;
  /** The right upgrade of a commitment, as a client would get it, with another height when one is given. */
  upgradeOf(commitment: Buffer, height?: number): Buffer | null;
}

const CONFIRMATIONS = 6;
const TIMESTAMP_PATH = /^\/timestamp\/([0-9a-fA-F]*)$/;

export async function openCalendar(
  chain: TestChain,
  { uri }: { readonly uri?: string } = {},
): Promise<TestCalendar> {
  const key = randomBytes(32);
  const digests: Buffer[] = [];
  /** By commitment, the way to the transaction's digest and its id; null before it is broadcast. */
  const known = new Map<
    string,
    { readonly steps: readonly OtsStep[]; readonly txid: Buffer } | null
  >();
  let ownUri = uri ?? '';

  const stamp = (digest: Buffer): Buffer => {
    digests.push(digest);
    const nonced: OtsStep[] = [['append', randomBytes(16)], ['sha256']];
    // The aggregation of one second: ours and somebody else's.
    const tree = otsTree([follow(digest, nonced), randomBytes(32)]);
    const toTip = [...nonced, ...(tree.steps[0] ?? [])];
    const time = Buffer.alloc(4);
    time.writeUInt32BE(1_768_500_000 + digests.length);
    const dated = Buffer.concat([time, tree.root]);
    const mac = createHmac('sha256', key).update(dated).digest().subarray(0, 8);
    const steps: OtsStep[] = [...toTip, ['prepend', time], ['append', mac]];
    known.set(Buffer.concat([dated, mac]).toString('hex'), null);
    return encodeNode({ ways: [{ steps, end: { attestations: [pendingAttestation(ownUri)] } }] });
  };

  const upgradeOf = (commitment: Buffer, height?: number): Buffer | null => {
    const sent = known.get(commitment.toString('hex')) ?? null;
    const found = sent === null ? null : chain.find(sent.txid);
    if (sent === null || found === null || found.height === null) return null;
    const attested = { attestations: [bitcoinAttestation(height ?? found.height)] };
    return encodeNode({ ways: [{ steps: [...sent.steps, ...found.steps], end: attested }] });
  };

  const postDigest = ({ headers, body }: HttpRequest): HttpAnswer => {
    if (headers['content-length'] === undefined) {
      return { status: 400, body: 'invalid Content-Length' };
    }
    if (body.length > 64) return { status: 400, body: 'digest too long' };
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: stamp(body),
    };
  };

  const getTimestamp = (hex: string): HttpAnswer => {
    const later = (text: string): HttpAnswer => ({
      status: 404,
      headers: { 'content-type': 'text/plain', 'cache-control': 'public, max-age=60' },
      body: text,
    });
    if (hex.length % 2 !== 0) return { status: 400, body: 'commitment must be hex' };
    const commitment = Buffer.from(hex, 'hex');
    const sent = known.get(commitment.toString('hex'));
    if (sent === undefined) return later('Not found');
    const found = sent === null ? null : chain.find(sent.txid);
    if (sent === null || found === null) return later('Pending confirmation in Bitcoin blockchain');
    const depth = found.height === null ? 0 : chain.tip.height - found.height + 1;
    if (depth < CONFIRMATIONS) {
      const id = Buffer.from(sent.txid).reverse().toString('hex');
      return later(`Timestamped by transaction ${id}; waiting for ${CONFIRMATIONS} confirmations`);
    }
    return {
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'public, max-age=31536000',
      },
      body: upgradeOf(commitment) ?? '',
    };
  };

  const server = await openFaultyServer((request) => {
    if (request.method === 'POST' && request.path === '/digest') return postDigest(request);
    const [, hex] = TIMESTAMP_PATH.exec(request.path) ?? [];
    if (request.method === 'GET' && hex !== undefined) return getTimestamp(hex);
    return { status: 404, body: 'not found' };
  });
  ownUri = uri ?? server.origin;

  const calendar: TestCalendar = Object.assign(server, {
    url: server.origin,
    digests,
    broadcast() {
      const waiting = [...known].filter(([, sent]) => sent === null).map(([hex]) => hex);
      if (waiting.length === 0) return;
      const leaves = waiting.map((hex) => sha256(Buffer.from(hex, 'hex')));
      const { root, steps } = otsTree(leaves);
      const txid = chain.send(root);
      for (const [i, hex] of waiting.entries()) {
        known.set(hex, { steps: [['sha256'], ...(steps[i] ?? [])], txid });
      }
    },
    confirm() {
      calendar.broadcast();
      chain.mine(CONFIRMATIONS);
    },
    upgradeOf,
  });
  return calendar;
}

type Spoil = (right: HttpAnswer, calendar: TestCalendar, request: HttpRequest) => ReturnType<Fault>;

const withBody = (right: HttpAnswer, body: Buffer | string): HttpAnswer => ({ ...right, body });
const bodyOf = ({ body = '' }: HttpAnswer): Buffer => Buffer.from(body);

function commitmentOf({ path }: HttpRequest): Buffer {
  return Buffer.from(TIMESTAMP_PATH.exec(path)?.[1] ?? '', 'hex');
}

/** What can be wrong with an answer, by name. Answers other than 200 stay as they are where only bytes are spoilt. */
export const CALENDAR_FAULTS: Readonly<Record<string, Spoil>> = {
  'status 500': () => ({ status: 500, body: 'internal error' }),
  'status 503': () => ({ status: 503, body: 'busy' }),
  hang: () => 'hang',
  reset: () => 'reset',
  truncate: () => 'truncate',
  drip: () => 'drip',
  endless: () => 'endless',
  'cut by two bytes': (right) => withBody(right, bodyOf(right).subarray(0, -2)),
  'one byte too many': (right) => withBody(right, Buffer.concat([bodyOf(right), Buffer.alloc(1)])),
  '10,001 bytes': (right) => withBody(right, padded(bodyOf(right), 10_001)),
  '1 MiB': (right) => withBody(right, padded(bodyOf(right), 1_048_576)),
  garbage: (right) => withBody(right, randomBytes(300)),
  empty: (right) => withBody(right, ''),
  redirect: (_right, { origin }) => ({ status: 302, headers: { location: `${origin}/elsewhere` } }),
};

/** Faults of a stamp answer alone. */
export const STAMP_FAULTS: Readonly<Record<string, Spoil>> = {
  'wrong URI': (right) =>
    withBody(
      right,
      encodeNode({
        ways: [
          {
            steps: [['append', randomBytes(16)], ['sha256']],
            end: { attestations: [pendingAttestation('https://calendar.elsewhere.example')] },
          },
        ],
      }),
    ),
  'no attestation of a calendar': (right) =>
    withBody(
      right,
      encodeNode({
        ways: [{ steps: [['sha256']], end: { attestations: [bitcoinAttestation(1)] } }],
      }),
    ),
};

/** Faults of an upgrade answer alone: lies about the chain. */
export const UPGRADE_FAULTS: Readonly<Record<string, Spoil>> = {
  'flipped byte': (right) => {
    const body = bodyOf(right);
    if (right.status !== 200) return null;
    // Inside the head of the transaction: still a well-formed answer.
    const at = body.indexOf(Buffer.from('6a20', 'hex')) - 20;
    body[at] = (body[at] ?? 0) ^ 0x01;
    return withBody(right, body);
  },
  'wrong height': (right, calendar, request) => {
    if (right.status !== 200) return null;
    const commitment = commitmentOf(request);
    // Of a block that exists.
    const body = calendar.upgradeOf(commitment, 100);
    return body === null ? null : withBody(right, body);
  },
  'of another commitment': (right, calendar, request) => {
    if (right.status !== 200) return null;
    const other = calendar.requests
      .map(commitmentOf)
      .find((each) => each.length > 0 && !each.equals(commitmentOf(request)));
    const body = other === undefined ? null : calendar.upgradeOf(other);
    return body === null ? null : withBody(right, body);
  },
};

/** Applies a spoiler to one route and leaves the others alone. */
export function faultOn(
  calendar: TestCalendar,
  route: 'digest' | 'timestamp',
  spoil: Spoil,
): Fault {
  return (request, right) =>
    request.path.startsWith(`/${route}`) ? spoil(right, calendar, request) : null;
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))]);
}
