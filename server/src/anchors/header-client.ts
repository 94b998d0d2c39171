/** Asks Bitcoin Core (JSON-RPC) and explorers (Esplora) for block headers: bounded answers, one deadline a height, and no field but the raw header is used. @module */
import { bytesFromHex, displayHash, sha256 } from '@kapsel/verification';
import { Agent, request } from 'undici';
import { readBoundedBody } from '../base/bounded-body.ts';
import { USER_AGENT } from '../delivery/request-headers.ts';
import type { HeaderAnswer, HeaderSource } from './header-source.ts';

const MAX_ANSWER_BYTES = 10_000;
const DEADLINE_MS = 10_000;
const HASH = /^[0-9a-f]{64}$/;
const HEADER = /^[0-9a-f]{160}$/;
const NUMBER = /^(0|[1-9][0-9]{0,9})$/;
const OUT_OF_RANGE = -8; // RPC_INVALID_PARAMETER in Bitcoin Core's src/rpc/protocol.h

/** An answer that is none, or not what was asked for; the message is a word of ours. */
class HeaderFault extends Error {}

interface Asked {
  readonly status: number;
  readonly text: string;
}

type Ask = (path: string, body: string | null) => Promise<Asked>;

/** The operator's own node, at `http(s)://user:password@host:port`. The address may be private: it is a setting. */
export function createNodeSource(url: URL, deadlineMs: number = DEADLINE_MS): HeaderSource {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const path = `${url.pathname}${url.search}`;
  return createSource('node', url, { authorization }, deadlineMs, async (ask, height) => {
    const call = async (method: string, params: readonly unknown[]): Promise<unknown> => {
      const body = JSON.stringify({ jsonrpc: '1.0', id: 'kapsel', method, params });
      const { status, text } = await ask(path, body);
      return resultOf(status, text);
    };
    const hash = await call('getblockhash', [height]);
    if (hash === null) return { kind: 'none' };
    if (typeof hash !== 'string' || !HASH.test(hash)) throw new HeaderFault('malformed');
    const header = await call('getblockheader', [hash, false]);
    const tip = await call('getblockcount', []);
    if (typeof header !== 'string' || typeof tip !== 'number') throw new HeaderFault('malformed');
    return foundHeader(hash, header, height, tip);
  });
}

/** Somebody's explorer, at `http(s)://host[:port]/path`: trusted as far as the operator trusts it. */
export function createExplorerSource(url: URL, deadlineMs: number = DEADLINE_MS): HeaderSource {
  const base = url.pathname.replace(/\/+$/, '');
  return createSource('explorer', url, {}, deadlineMs, async (ask, height) => {
    const get = async (path: string): Promise<string | null> => {
      const { status, text } = await ask(`${base}${path}`, null);
      if (status === 404) return null;
      if (status !== 200) throw new HeaderFault(`status ${status}`);
      return text.trim();
    };
    const hash = await get(`/block-height/${height}`);
    if (hash === null) return { kind: 'none' };
    if (!HASH.test(hash)) throw new HeaderFault('malformed');
    const header = await get(`/block/${hash}/header`);
    const tip = await get('/blocks/tip/height');
    if (header === null || tip === null || !NUMBER.test(tip)) throw new HeaderFault('malformed');
    return foundHeader(hash, header, height, Number(tip));
  });
}

function createSource(
  kind: 'node' | 'explorer',
  url: URL,
  headers: Readonly<Record<string, string>>,
  deadlineMs: number,
  find: (ask: Ask, height: number) => Promise<HeaderAnswer>,
): HeaderSource {
  const dispatcher = new Agent({ connect: { timeout: deadlineMs }, pipelining: 1 });
  const closing = new AbortController();
  return {
    kind,
    name: url.host,
    async find(height) {
      const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), closing.signal]);
      const ask: Ask = async (path, body) => {
        const answer = await request(`${url.origin}${path}`, {
          dispatcher,
          method: body === null ? 'GET' : 'POST',
          body,
          signal,
          headers: {
            'user-agent': USER_AGENT,
            ...headers,
            ...(body === null ? {} : { 'content-type': 'application/json' }),
          },
        });
        // A body that is left unread ends with an error that nobody else hears: unheard it would end the process.
        answer.body.on('error', () => undefined);
        const bytes = await readBoundedBody(answer.body, MAX_ANSWER_BYTES);
        if (bytes === null) throw new HeaderFault('too-large');
        return { status: answer.statusCode, text: Buffer.from(bytes).toString('latin1') };
      };
      try {
        return await find(ask, height);
      } catch (error) {
        if (error instanceof HeaderFault) return { kind: 'failed', error: error.message };
        // The words of others may quote an address with its password.
        return { kind: 'failed', error: signal.aborted ? 'timeout' : 'unreachable' };
      }
    },
    async close() {
      closing.abort();
      await dispatcher.destroy();
    },
  };
}

/** The result of a call; null for a height that the chain does not have. From the network. */
function resultOf(status: number, text: string): unknown {
  if (status === 401 || status === 403) throw new HeaderFault(`status ${status}`);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not JSON: whoever answered is no node.
    throw new HeaderFault(status === 200 ? 'malformed' : `status ${status}`);
  }
  const { result = null, error = null } = isRecord(answer) ? answer : {};
  if (isRecord(error) && error.code === OUT_OF_RANGE) return null;
  if (error !== null || result === null) throw new HeaderFault(`status ${status}`);
  return result;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The raw header alone counts, and only where it hashes to what was asked for. */
function foundHeader(hash: string, header: string, height: number, tip: number): HeaderAnswer {
  if (!HEADER.test(header) || !Number.isSafeInteger(tip)) throw new HeaderFault('malformed');
  const bytes = bytesFromHex(header);
  if (displayHash(sha256(sha256(bytes))) !== hash) throw new HeaderFault('wrong-hash');
  if (tip < height) return { kind: 'none' };
  return { kind: 'found', header: bytes, depth: tip - height + 1 };
}
