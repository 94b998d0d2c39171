/** A witness of the tests' own: a real server that keeps its state, checks proofs, and can be told to misbehave. C2SP tlog-witness. @module */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  bytesFromBase64,
  encodeCosignatureMessage,
  encodeVkey,
  parseCheckpoint,
  parseNote,
  verifyCheckpoint,
  verifyConsistency,
} from '@kapsel/verification';

/** What it holds of one log. */
export interface WitnessedTree {
  readonly size: number;
  readonly rootHash: Uint8Array;
  readonly note: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers in the witness's place; null lets the witness answer, a promise that never ends is a hung server. */
export type Misbehaviour = (request: {
  readonly path: string;
  readonly body: string;
}) => Answer | null | Promise<Answer | null>;

export interface TestWitness {
  readonly name: string;
  readonly url: string;
  /** As a policy names its key. */
  readonly vkey: string;
  readonly publicKey: Uint8Array;
  /** Bodies of `add-checkpoint`, in the order in which they came. */
  readonly submissions: readonly string[];
  /** By origin. The test may set it back. */
  readonly trees: Map<string, WitnessedTree>;
  misbehave: Misbehaviour;
  /** Knows this log from now on. */
  trust(origin: string, publicKey: Uint8Array): void;
  /** Its line on a text, by its own key or that of another. */
  lineOn(noteText: string, timeSeconds?: bigint): string;
  close(): Promise<void>;
}

export async function openWitness(name: string): Promise<TestWitness> {
  const { privateKey, publicKey: keyObject } = generateKeyPairSync('ed25519');
  const x = keyObject.export({ format: 'jwk' }).x ?? '';
  const publicKey = new Uint8Array(Buffer.from(x, 'base64url'));
  const keys = new Map<string, Uint8Array>();
  const trees = new Map<string, WitnessedTree>();
  const submissions: string[] = [];
  let seconds = 1_768_472_000n;

  const lineOn = (noteText: string, timeSeconds?: bigint): string => {
    seconds += 1n;
    const at = timeSeconds ?? seconds;
    const keyId = createHash('sha256')
      .update(Buffer.concat([Buffer.from(`${name}\n\u0004`), publicKey]))
      .digest()
      .subarray(0, 4);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(at);
    const signature = sign(null, encodeCosignatureMessage(at, noteText), privateKey);
    return `\u2014 ${name} ${Buffer.concat([keyId, time, signature]).toString('base64')}\n`;
  };

  const addCheckpoint = (body: string): Answer => {
    const split = body.indexOf('\n\n');
    const [oldLine = '', ...proofLines] = body.slice(0, split).split('\n');
    const note = body.slice(split + 2);
    const oldSize = Number(/^old (0|[1-9]\d*)$/.exec(oldLine)?.[1] ?? Number.NaN);
    if (split === -1 || !Number.isSafeInteger(oldSize) || proofLines.length > 63) {
      return { status: 400 };
    }
    const { origin } = parseCheckpoint(parseNote(note).text);
    const key = keys.get(origin);
    if (key === undefined) return { status: 404 };
    let checkpoint: ReturnType<typeof verifyCheckpoint>;
    try {
      checkpoint = verifyCheckpoint(note, origin, key);
    } catch (error) {
      return { status: 403, body: String(error) };
    }
    const size = Number(checkpoint.treeSize);
    if (oldSize > size) return { status: 400 };
    const held = trees.get(origin);
    const heldSize = held?.size ?? 0;
    if (oldSize !== heldSize) return sizeConflict(heldSize);
    try {
      const proof = proofLines.map(bytesFromBase64);
      if (held === undefined) {
        if (proof.length > 0) return { status: 422 };
      } else {
        verifyConsistency(held.rootHash, checkpoint.rootHash, held.size, size, proof);
      }
    } catch (error) {
      return held?.size === size ? sizeConflict(heldSize) : { status: 422, body: String(error) };
    }
    const line = lineOn(parseNote(note).text);
    trees.set(origin, { size, rootHash: checkpoint.rootHash, note: `${note}${line}` });
    return { status: 200, body: line };
  };

  const latest = (path: string): Answer => {
    const found = [...trees].find(
      ([origin]) => path === `/${createHash('sha256').update(origin).digest('hex')}/checkpoint`,
    );
    return found === undefined ? { status: 404 } : { status: 200, body: found[1].note };
  };

  const witness: { misbehave: Misbehaviour } = { misbehave: () => null };
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = request.url ?? '';
    const body = await bodyOf(request);
    const isSubmission = request.method === 'POST' && path === '/add-checkpoint';
    if (isSubmission) submissions.push(body);
    const instead = await witness.misbehave({ path, body });
    if (instead !== null) return instead;
    return isSubmission ? addCheckpoint(body) : latest(path);
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    answer(request).then(
      ({ status, headers = {}, body = '' }) => response.writeHead(status, headers).end(body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return Object.assign(witness, {
    name,
    url: `http://127.0.0.1:${port}`,
    vkey: encodeVkey(name, publicKey, 'witness'),
    publicKey,
    submissions,
    trees,
    trust: (origin: string, key: Uint8Array) => void keys.set(origin, key),
    lineOn,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

/** The answer of a witness that holds another size than the one that was sent. */
export function sizeConflict(size: number | string): Answer {
  return { status: 409, headers: { 'content-type': 'text/x.tlog.size' }, body: `${size}\n` };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
