/** Reads a body: counted against the route's limit and the server's memory, and asked for only when it is wanted. RFC 9110 section 10.1.1. @module */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ByteBudget, ByteLease } from '../base/byte-budget.ts';
import { Failure } from '../base/failure.ts';

/** Of requests whose sender waits for "100 Continue" before it sends the body. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** Node would answer "100 Continue" to everybody at once; here a refusal is the first thing such a sender hears. */
export function answerExpectations(app: FastifyInstance): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response);
    app.server.emit('request', request, response);
  });
  app.addHook('onSend', function endUnaskedBody({ raw }, reply, payload, done) {
    // Whether the body comes all the same, nobody knows: what follows on this connection cannot be read.
    if (waiting.has(raw)) reply.header('connection', 'close');
    done(null, payload);
  });
}

export interface BodyRoom {
  readonly limitBytes: number;
  readonly declaredBytes: number | null;
  readonly memory: ByteBudget;
}

export interface HeldBody {
  readonly bytes: Buffer;
  /** Owned by whoever holds the bytes. */
  readonly lease: ByteLease;
}

/** The length that a request declares, or null for a chunked body. */
export function declaredBytes({ headers }: IncomingMessage): number | null {
  const text = headers['content-length'];
  return text === undefined ? null : Number(text);
}

/** Refuses by the declaration alone, before a byte is read. */
export function assertDeclaredLength(request: IncomingMessage, limitBytes: number): void {
  if ((declaredBytes(request) ?? 0) > limitBytes) throw tooLarge();
}

/** Rejects with a Failure, or with what broke the connection. Holds no memory afterwards, but that of the body. */
export async function readBody(
  request: IncomingMessage,
  payload: Readable,
  { limitBytes, declaredBytes: declared, memory }: BodyRoom,
): Promise<HeldBody> {
  assertDeclaredLength(request, limitBytes);
  const lease = memory.open();
  try {
    // Not taken yet, only looked for: who declares much and sends little must not keep others out.
    if (!memory.hasRoom(declared ?? 0)) throw noMemory();
    waiting.get(request)?.writeContinue();
    waiting.delete(request);
    const bytes = await collect(payload, limitBytes, lease);
    if (declared !== null && bytes.length !== declared) {
      throw new Failure('invalid_request', 'The body is not as long as declared');
    }
    return { bytes, lease };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** `lease` grows with the body. */
function collect(payload: Readable, limitBytes: number, lease: ByteLease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (): void => {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
    };
    const fail = (error: unknown): void => {
      end();
      // Later errors of a connection that is given up have nobody to hear them.
      payload.on('error', () => undefined);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limitBytes) fail(tooLarge());
      else if (!lease.grow(chunk.length)) fail(noMemory());
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      end();
      // Copied in any case: a chunk is a view of the socket's own buffer of 64 KiB, which it would keep alive.
      resolve(Buffer.concat(chunks, size));
    };
    const onError = (error: Error): void => fail(brokenOff(error));
    const onClose = (): void => fail(brokenOff(new Error('closed before the end of the body')));
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

function tooLarge(): Failure {
  return new Failure('payload_too_large', 'The body is larger than allowed');
}

function noMemory(): Failure {
  return new Failure('overloaded', 'Too many bodies are in memory');
}

function brokenOff(cause: Error): Failure {
  return new Failure('invalid_request', 'The request was broken off', { cause });
}
