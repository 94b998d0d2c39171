/** Block headers in a file of the operator's: consecutive 80-byte records from a height on, read again when the file has changed. @module */
import { readFile, stat } from 'node:fs/promises';
import { type ChainParameters, parseHeaderRun, VerificationError } from '@kapsel/verification';
import type { HeaderAnswer, HeaderSource } from './header-source.ts';

const HEADER_BYTES = 80;
// A year of blocks. More would stop the process for too long while their work is computed.
const MAX_FILE_BYTES = 4_194_304;

/** `FILE@HEIGHT` of its first header. Throws a RangeError for another form. */
export function parseHeadersPlace(text: string): { path: string; firstHeight: number } {
  const [, path = '', height = ''] = /^(.+)@(0|[1-9]\d{0,9})$/.exec(text) ?? [];
  if (path === '') throw new RangeError('wants FILE@HEIGHT of its first header');
  return { path, firstHeight: Number(height) };
}

export function openHeaderFile(
  { path, firstHeight }: { readonly path: string; readonly firstHeight: number },
  chain: ChainParameters,
): HeaderSource {
  /** Owned by `read`: the bytes as they were checked, and of which state of the file. */
  let known: { readonly state: string; readonly bytes: Uint8Array } | null = null;

  const read = async (): Promise<Uint8Array> => {
    const { size, mtimeMs } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new RangeError('too-large');
    const state = `${size} ${mtimeMs}`;
    if (known?.state === state) return known.bytes;
    const bytes = new Uint8Array(await readFile(path));
    parseHeaderRun(bytes, firstHeight, chain);
    known = { state, bytes };
    return bytes;
  };

  return {
    kind: 'file',
    name: 'headers file',
    async find(height): Promise<HeaderAnswer> {
      let bytes: Uint8Array;
      try {
        bytes = await read();
      } catch (error) {
        return { kind: 'failed', error: wordOf(error) };
      }
      const at = (height - firstHeight) * HEADER_BYTES;
      if (at < 0 || at >= bytes.length) return { kind: 'none' };
      const header = bytes.slice(at, at + HEADER_BYTES);
      return { kind: 'found', header, depth: (bytes.length - at) / HEADER_BYTES };
    },
    close: async () => undefined,
  };
}

function wordOf(error: unknown): string {
  if (error instanceof VerificationError) return 'bad-header';
  return error instanceof RangeError ? error.message : 'unreadable';
}
