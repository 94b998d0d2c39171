/** Block headers as people hand them over: typed beside their height, or in a file. @module */
import { bytesOfHex, joinBytes, stringFromUtf8 } from '../bytes.ts';
import { refusalOf, VerificationError } from '../errors.ts';
import { HASH_BYTES } from '../hash.ts';
import { HEADER_BYTES } from './block-header.ts';
import type { ChainParameters } from './chain.ts';
import type { HeaderEvidence } from './header-evidence.ts';
import type { HeaderRun } from './header-run.ts';
import { parseHeaderRun } from './header-run.ts';

const GIVEN = /^(0|[1-9][0-9]{0,9}):([0-9a-f]+)$/i;
const MAX_HEIGHT = 2 ** 32 - 1;
const HEX_LINES = /^[0-9a-fA-F\r\n]+$/;

/**
 * Reads `HEIGHT:ROOT` (64 hex digits, as explorers show it or reversed) or `HEIGHT:HEADER` (160 hex digits). Throws
 * `E_FIELD` for any other form, `E_ANCHOR_MISMATCH` for a header that lacks its work.
 * @example parseGivenHeader('358391:8a1b66ec…', bitcoinMainnet())
 */
export function parseGivenHeader(text: string, chain: ChainParameters): HeaderEvidence {
  const [, height = '', hex = ''] = GIVEN.exec(text.trim()) ?? [];
  const bytes = hex.length % 2 === 0 ? bytesOfHex(hex.toLowerCase()) : null;
  const isHeight = height !== '' && Number(height) <= MAX_HEIGHT;
  if (isHeight && bytes?.length === HEADER_BYTES) {
    return { source: 'user', run: parseHeaderRun(bytes, Number(height), chain) };
  }
  if (isHeight && bytes?.length === HASH_BYTES) {
    return { source: 'user', height: Number(height), merkleRoot: bytes.reverse() };
  }
  throw new VerificationError('E_FIELD', { rule: 'header-given' });
}

/**
 * Reads a file of consecutive headers: 80 bytes each, or one line of 160 hex digits each. Throws `E_FIELD` for another
 * form, and like `parseHeaderRun`.
 * @example parseHeaderFile(await readFile('headers.bin'), 358391, bitcoinMainnet()).count
 */
export function parseHeaderFile(
  file: Uint8Array,
  firstHeight: number | null,
  chain: ChainParameters,
): HeaderRun {
  return parseHeaderRun(bytesOfLines(file) ?? file, firstHeight, chain);
}

/** Null where the file is not lines of hex. */
function bytesOfLines(file: Uint8Array): Uint8Array | null {
  const text = textOrNull(file);
  if (text === null || !HEX_LINES.test(text)) return null;
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const headers = lines.map((line) => {
    const bytes = line.length === 2 * HEADER_BYTES ? bytesOfHex(line.toLowerCase()) : null;
    if (bytes !== null) return bytes;
    const values = { expected: `${2 * HEADER_BYTES}`, actual: `${line.length}` };
    throw new VerificationError('E_FIELD', { rule: 'hex-length', ...values });
  });
  return joinBytes(headers);
}

function textOrNull(file: Uint8Array): string | null {
  try {
    return stringFromUtf8(file);
  } catch (error) {
    refusalOf(error);
    return null; // bytes, as most header files are
  }
}
