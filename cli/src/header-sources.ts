/** Asks a Bitcoin node or an explorer for the headers that decide an anchor. Only raw headers are believed, never what is said of them. Source of truth: opentimestamps 5.3. @module */
import {
  type ChainParameters,
  displayHash,
  type HeaderEvidence,
  parseBlockHeader,
  parseHeaderRun,
  VerificationError,
} from '@kapsel/verification';
import type { Host } from './host.ts';
import { faultOfAddress, getBytes, type Request } from './network.ts';
import { UsageError } from './usage-error.ts';

/** Where headers are asked for. */
export interface HeaderSources {
  /** JSON-RPC of a node, with user and password in the address. */
  readonly node: string | null;
  /** Base addresses of explorers that speak the Esplora protocol. */
  readonly explorers: readonly string[];
}

/** A header, or why there is none. */
type Asked = HeaderEvidence | { readonly failed: string };

// A block this deep is not replaced any more; calendars wait for as many.
const MIN_CONFIRMATIONS = 6;
const MAX_ANSWER_BYTES = 65_536;
const HASH = /^[0-9a-f]{64}$/;
const HEADER = /^[0-9a-f]{160}$/;

/** Refuses addresses that must not be asked, before anything is opened. */
export function assertHeaderSources({ node, explorers }: HeaderSources): void {
  const addresses = [...(node === null ? [] : [withoutUser(node)]), ...explorers];
  for (const address of addresses) {
    const fault = faultOfAddress(address);
    if (fault === null) continue;
    throw new UsageError('E_USAGE', `an address for --online ${fault}`);
  }
  if (node !== null && userOf(node) === null) {
    throw new UsageError('E_USAGE', 'user or password of --bitcoin-rpc have a % that is no escape');
  }
}

/** "user:password" as they are meant, or null where the escapes are broken. */
function userOf(address: string): string | null {
  const { username, password } = new URL(address);
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return null; // its words would repeat the password
  }
}

/** Everything that is said of these heights, and the reasons where nothing is. */
export async function askHeaders(
  host: Host,
  { node, explorers }: HeaderSources,
  heights: readonly number[],
  chain: ChainParameters,
): Promise<{ readonly headers: readonly HeaderEvidence[]; readonly failures: readonly string[] }> {
  const headers: HeaderEvidence[] = [];
  const failures: string[] = [];
  for (const height of heights) {
    const answers: Asked[] = [];
    if (node !== null) answers.push(await askNode(host, node, height, chain));
    for (const url of explorers) answers.push(await askExplorer(host, url, height, chain));
    for (const answer of answers) {
      if ('failed' in answer) failures.push(answer.failed);
      else headers.push(answer);
    }
  }
  return { headers, failures };
}

async function askNode(
  host: Host,
  address: string,
  height: number,
  chain: ChainParameters,
): Promise<Asked> {
  const url = withoutUser(address);
  const user = userOf(address) ?? ':';
  const authorization = `Basic ${Buffer.from(user).toString('base64')}`;
  const call = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 'kapsel-verify', method, params });
    const headers = {
      'content-type': 'application/json',
      ...(user === ':' ? {} : { authorization }),
    };
    const text = await getText(host, url, { headers, body });
    return parsedOrNull(text)?.result;
  };
  return asked('your node', async () => {
    const tip = await call('getblockcount', []);
    const hash = await call('getblockhash', [height]);
    const header = await call('getblockheader', [hash, false]);
    const run = runOf({ hash, header, tip }, height, chain);
    return { source: 'node', run };
  });
}

async function askExplorer(
  host: Host,
  address: string,
  height: number,
  chain: ChainParameters,
): Promise<Asked> {
  const url = address.replace(/\/+$/, '');
  const name = new URL(url).host;
  const get = (path: string): Promise<string> =>
    getText(host, `${url}${path}`, { headers: { accept: 'text/plain' } });
  return asked(`explorer ${name}`, async () => {
    const tip = Number(await get('/blocks/tip/height'));
    const hash = await get(`/block-height/${height}`);
    // From the network, and part of the next address: nothing but a hash gets there.
    if (!HASH.test(hash)) throw new SourceError('answers with what is no block hash');
    const header = await get(`/block/${hash}/header`);
    return { source: 'explorer', name, run: runOf({ hash, header, tip }, height, chain) };
  });
}

/** The header must have the hash that was asked for, its own work, and enough blocks above it. */
function runOf(
  { hash, header, tip }: Readonly<Record<'hash' | 'header' | 'tip', unknown>>,
  height: number,
  chain: ChainParameters,
) {
  if (typeof hash !== 'string' || !HASH.test(hash)) {
    throw new SourceError(`knows no block ${height}`);
  }
  if (typeof header !== 'string' || !HEADER.test(header)) {
    throw new SourceError('answers with what is no block header');
  }
  const bytes = new Uint8Array(Buffer.from(header, 'hex'));
  if (displayHash(parseBlockHeader(bytes, chain.powLimitBits).hash) !== hash) {
    throw new SourceError('answers with the header of another block');
  }
  const confirmations = Number.isSafeInteger(tip) ? Number(tip) - height + 1 : 0;
  if (confirmations < MIN_CONFIRMATIONS) {
    throw new SourceError(
      `says block ${height} has ${confirmations} confirmations, and ${MIN_CONFIRMATIONS} are wanted`,
    );
  }
  return parseHeaderRun(bytes, height, chain);
}

/** Why a source gave no header. */
class SourceError extends Error {}

async function asked(name: string, ask: () => Promise<HeaderEvidence>): Promise<Asked> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SourceError) return { failed: `${name}: ${error.message}` };
    if (!(error instanceof VerificationError)) throw error;
    return { failed: `${name}: answers with a header that does not hold (${error.rule ?? ''})` };
  }
}

async function getText(host: Host, url: string, request: Request): Promise<string> {
  const answer = await getBytes(host, url, { ...request, maxBytes: MAX_ANSWER_BYTES });
  if (answer.kind === 'failed') throw new SourceError(answer.reason);
  return Buffer.from(answer.bytes).toString('latin1').trim();
}

function parsedOrNull(text: string): { readonly result?: unknown } | null {
  try {
    return JSON.parse(text) as { result?: unknown } | null;
  } catch {
    return null; // no JSON: then it says nothing
  }
}

/** Neither `fetch` nor a message may see the password. */
function withoutUser(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  [url.username, url.password] = ['', ''];
  return url.href;
}
