/** Speaks to witnesses: two requests, each with one deadline and a bound on the answer. C2SP tlog-witness. @module */
import { hexFromBytes, sha256, utf8FromString } from '@kapsel/verification';
import { Agent, request } from 'undici';
import { readBoundedBody } from '../base/bounded-body.ts';
import { sizeFromAnswer } from './exchange.ts';

/** What came of a request. Nothing of it is verified. */
export type WitnessAnswer =
  | { readonly kind: 'text'; readonly text: string }
  /** 409: the size that the witness has. */
  | { readonly kind: 'size'; readonly size: bigint }
  /** Any other status; a redirect is not followed. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'invalid'; readonly reason: 'too-large' | 'not-text' | 'size' }
  | { readonly kind: 'unreachable'; readonly error: unknown };

/**
 * - Never throws: what goes wrong is an answer.
 * - No redirects, no retries: whoever calls decides when to ask again.
 * - The addresses are the operator's own settings, not a tenant's: they may be private.
 */
export interface WitnessClient {
  addCheckpoint(url: string, body: string): Promise<WitnessAnswer>;
  /** The latest checkpoint that the witness cosigned, where it offers it. */
  latestCheckpoint(url: string, origin: string): Promise<WitnessAnswer>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 65_536;
const SIZE_TYPE = 'text/x.tlog.size';

export function createWitnessClient(timeoutMs: number): WitnessClient {
  const dispatcher = new Agent({ connect: { timeout: timeoutMs }, pipelining: 1 });
  const closing = new AbortController();

  const ask = async (
    method: 'GET' | 'POST',
    url: string,
    body: string | null,
  ): Promise<WitnessAnswer> => {
    // One deadline over connecting, headers and body: a drip of bytes outlives the deadlines between them.
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal]);
    try {
      const answer = await request(url, {
        dispatcher,
        method,
        body,
        signal,
        headers: {
          'user-agent': 'Kapsel',
          ...(body === null ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
        },
      });
      // A body that is left unread ends with an error that nobody else hears: unheard it would end the process.
      answer.body.on('error', () => undefined);
      if (answer.statusCode !== 200 && answer.statusCode !== 409) {
        answer.body.destroy();
        return { kind: 'refused', status: answer.statusCode };
      }
      const bytes = await readBoundedBody(answer.body, MAX_ANSWER_BYTES);
      if (bytes === null) return { kind: 'invalid', reason: 'too-large' };
      const text = textFromBytes(bytes);
      if (text === null) return { kind: 'invalid', reason: 'not-text' };
      return answer.statusCode === 200
        ? { kind: 'text', text }
        : answerOfConflict(answer.headers['content-type'], text);
    } catch (error) {
      return { kind: 'unreachable', error };
    }
  };

  return {
    addCheckpoint: (url, body) => ask('POST', `${url}/add-checkpoint`, body),
    latestCheckpoint: (url, origin) =>
      ask('GET', `${url}/${hexFromBytes(sha256(utf8FromString(origin)))}/checkpoint`, null),
    async close() {
      closing.abort();
      await dispatcher.destroy();
    },
  };
}

function answerOfConflict(type: string | string[] | undefined, text: string): WitnessAnswer {
  // Older witnesses answer another root of one size with a plain 409.
  if (typeof type !== 'string' || type.split(';')[0]?.trim().toLowerCase() !== SIZE_TYPE) {
    return { kind: 'refused', status: 409 };
  }
  const size = sizeFromAnswer(text);
  return size === null ? { kind: 'invalid', reason: 'size' } : { kind: 'size', size };
}

function textFromBytes(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null; // malformed UTF-8
    throw error;
  }
}
