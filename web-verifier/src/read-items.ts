/** From what a person gave to the single things to check. Nothing is lost: what cannot be read becomes an item that says so. @module */
import { type Found, labelOfPlace, mayHoldProofs, readInput } from '@kapsel/verification';
import { archiveOfBlob, bytesOfBlob, UNPACKERS } from './byte-stream.ts';
import { type Item, MAX_PACKAGE_BYTES, RUN_LIMITS, type RunLimits, type Source } from './item.ts';

/** What a run counts about what it was given. */
export interface Tally {
  files: number;
  /** Members of folders and archives whose names do not say that they may hold proofs. */
  skippedFiles: number;
  /** The limits of a run were met: there is more than was read. */
  isCut: boolean;
}

export function newTally(): Tally {
  return { files: 0, skippedFiles: 0, isCut: false };
}

/** Reads the sources one after the other, no more than the limits allow. Never rejects. */
export async function* readItems(
  sources: readonly Source[],
  tally: Tally,
  limits: RunLimits,
): AsyncGenerator<Item> {
  let count = 0;
  let size = 0;
  for (const source of sources) {
    if (source.isListed && !mayHoldProofs(source.name)) {
      tally.skippedFiles += 1;
      continue;
    }
    tally.files += 1;
    for await (const found of foundIn(source)) {
      if (found.kind === 'skipped') {
        tally.skippedFiles += 1;
        continue;
      }
      const bytes = found.kind === 'package' ? found.bytes : null;
      size += bytes?.length ?? 0;
      if (count === limits.items || size > limits.bytes) {
        tally.isCut = true;
        return;
      }
      count += 1;
      const refusal = found.kind === 'refused' ? found.refusal : null;
      yield { id: count, place: found.place, name: labelOfPlace(found.place), bytes, refusal };
    }
  }
}

const INPUT_LIMITS = {
  maxEntries: RUN_LIMITS.items,
  maxPackageBytes: MAX_PACKAGE_BYTES,
  maxTotalBytes: RUN_LIMITS.bytes,
};

async function* foundIn({ name: path, blob }: Source): AsyncGenerator<Found> {
  const place = { path, entry: null, line: null };
  if (blob === null) return yield { kind: 'refused', place, refusal: { code: 'E_IO' } };
  const input = {
    path,
    chunks: () => bytesOfBlob(blob),
    openArchive: async () => archiveOfBlob(blob),
    // A run that is over reads nothing more: there is no half of a file to keep quiet about.
    isStopped: () => false,
  };
  try {
    yield* readInput(input, INPUT_LIMITS, UNPACKERS);
  } catch {
    // The browser gives no reason that would help: a folder, a missing permission, a removed file.
    yield { kind: 'refused', place, refusal: { code: 'E_IO' } };
  }
}
