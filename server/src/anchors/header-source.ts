/** Header sources: who is asked which block stands at a height. What they say is weighed by the core, whose order of trust they name. @module */
import {
  type ChainParameters,
  type HeaderRun,
  parseHeaderRun,
  VerificationError,
} from '@kapsel/verification';

/**
 * - Never throws: what goes wrong is an answer.
 * - Nothing of it is believed unchecked: work and links are computed by whoever reads the header.
 * - Asked again by whoever wants to know again; no memory, no retries.
 */
export interface HeaderSource {
  /** The order of trust: a file of the operator's, his node, somebody's explorer. */
  readonly kind: 'file' | 'node' | 'explorer';
  /** For log lines and the anchor's row; holds no credentials. */
  readonly name: string;
  find(height: number): Promise<HeaderAnswer>;
  close(): Promise<void>;
}

export type HeaderAnswer =
  | {
      readonly kind: 'found';
      readonly header: Uint8Array;
      /** How many blocks lie on it, itself included. */
      readonly depth: number;
    }
  /** The source is well, and its chain does not reach this height. */
  | { readonly kind: 'none' }
  /** A word of ours. */
  | { readonly kind: 'failed'; readonly error: string };

/** A header of one height, its work checked, by one source. */
export interface FoundHeader {
  readonly height: number;
  readonly header: Uint8Array;
  readonly depth: number;
  readonly source: Pick<HeaderSource, 'kind' | 'name'>;
  readonly run: HeaderRun;
}

/** What all sources say of some heights. A source that fails is asked for no further height this time. */
export async function findHeaders(
  sources: readonly HeaderSource[],
  heights: readonly number[],
  chain: ChainParameters,
  onFailed: (source: HeaderSource, error: string) => void,
): Promise<readonly FoundHeader[]> {
  const found = await Promise.all(
    sources.map(async (source) => {
      const known: FoundHeader[] = [];
      for (const height of heights) {
        const answer = await source.find(height);
        if (answer.kind === 'failed') {
          onFailed(source, answer.error);
          break;
        }
        if (answer.kind === 'none') continue;
        const run = runOf(answer.header, height, chain);
        if (run === null) {
          onFailed(source, 'bad-header');
          break;
        }
        known.push({ height, header: answer.header, depth: answer.depth, source, run });
      }
      return known;
    }),
  );
  return found.flat();
}

/** Null for a header without its work, or one that contradicts a block that is known to be in the chain. */
function runOf(header: Uint8Array, height: number, chain: ChainParameters): HeaderRun | null {
  try {
    return parseHeaderRun(header, height, chain);
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}
