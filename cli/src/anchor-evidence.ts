/** What the user says about Bitcoin blocks: typed headers, files of headers, and the chain that is meant. Source of truth: verifier-ux 2.2. @module */
import {
  type AnchorEvidence,
  bitcoinMainnet,
  type ChainParameters,
  describeValues,
  type HeaderEvidence,
  parseChainParameters,
  parseGivenHeader,
  parseHeaderFile,
  VerificationError,
} from '@kapsel/verification';
import type { Host } from './host.ts';
import { withoutKey } from './key-words.ts';
import { safe } from './render/checks.ts';
import { labelOfInput, readSource } from './source.ts';
import { UsageError } from './usage-error.ts';

/** As commander hands them over. */
export interface RawHeaderOptions {
  readonly header?: string[];
  readonly headers?: string[];
  readonly chain?: string;
}

/** What is known without a word of the user: the known blocks of the main chain. */
export function evidenceOfMainnet(): AnchorEvidence {
  return { chain: bitcoinMainnet(), headers: [] };
}

// The headers of all blocks there are take 78 MB.
const HEADER_FILE_LIMIT_BYTES = 268_435_456;
const CHAIN_FILE_LIMIT_BYTES = 1_048_576;
const FILE_AT_HEIGHT = /^(.+)@(0|[1-9][0-9]{0,9})$/s;

/** Reads it all. A header that the user got wrong is a mistake of the command line, no verdict on a proof. */
export async function readAnchorEvidence(
  host: Host,
  { header = [], headers = [], chain: chainFile }: RawHeaderOptions,
): Promise<AnchorEvidence> {
  const chain = chainFile === undefined ? bitcoinMainnet() : await readChain(host, chainFile);
  const typed = header.map((text) => within('--header', () => parseGivenHeader(text, chain)));
  const filed: HeaderEvidence[] = [];
  for (const word of headers) filed.push(await readHeaders(host, word, chain));
  return { chain, headers: [...typed, ...filed] };
}

/** The files among these options that may be standard input. */
export function filesOfHeaderOptions({ headers = [], chain }: RawHeaderOptions): readonly string[] {
  const files = headers.map((word) => splitHeight(word).file);
  return chain === undefined ? files : [...files, chain];
}

async function readChain(host: Host, file: string): Promise<ChainParameters> {
  const bytes = await readFileOf(host, '--chain', file, CHAIN_FILE_LIMIT_BYTES);
  return within('--chain', () => parseChainParameters(bytes));
}

async function readHeaders(
  host: Host,
  word: string,
  chain: ChainParameters,
): Promise<HeaderEvidence> {
  const { file, height } = splitHeight(word);
  const bytes = await readFileOf(host, '--headers', file, HEADER_FILE_LIMIT_BYTES);
  return { source: 'file', run: within('--headers', () => parseHeaderFile(bytes, height, chain)) };
}

function splitHeight(word: string): { readonly file: string; readonly height: number | null } {
  const [, file = word, height] = FILE_AT_HEIGHT.exec(word) ?? [];
  return { file, height: height === undefined ? null : Number(height) };
}

async function readFileOf(
  host: Host,
  option: string,
  file: string,
  limitBytes: number,
): Promise<Uint8Array> {
  const source = await readSource(host, file, limitBytes);
  const label = withoutKey(labelOfInput(file));
  switch (source.kind) {
    case 'bytes':
      return source.bytes;
    case 'too-large':
      throw new UsageError('E_TOO_LARGE', `${option}: ${label} is larger than ${limitBytes} bytes`);
    case 'unreadable':
      throw new UsageError('E_IO', `${option}: cannot read ${label}: ${source.reason}`);
    case 'stopped':
      throw new UsageError('E_IO', `${option}: cannot read ${label}: stopped`);
  }
}

function within<Value>(option: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    const { expected, actual } = describeValues(error);
    const values = [expected && `wanted ${expected}`, actual && `got ${actual}`];
    const why = values.filter(Boolean).join(', ');
    throw new UsageError('E_USAGE', `option '${option}': ${safe(why)}`);
  }
}
