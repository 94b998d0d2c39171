/** From what a person gave to the single things to check. Nothing is lost: what cannot be read becomes an item that says so. @module */
import { type ByteStream, bytesOfBlob, collect, inflate, isGzip, linesOf } from './byte-stream.ts';
import { type Item, MAX_PACKAGE_BYTES, type RunLimits, type Source } from './item.ts';

/** What was not made an item, counted while reading. */
export interface Tally {
  /** Members of folders whose names do not say that they may hold proofs. */
  skippedFiles: number;
  /** The limits of a run were met: there is more than was read. */
  isCut: boolean;
}

const KNOWN_NAME = /\.(json|ndjson|jsonl|gz)$/i;
const LINES_NAME = /\.(ndjson|jsonl)$/i;
const GZIP_NAME = /\.gz$/i;
const MAGIC_BYTES = 4;

/** A thing to check before it has its number. */
type Found = Omit<Item, 'id'>;

/** Reads the sources one after the other, no more than the limits allow. Never rejects. */
export async function* readItems(
  sources: readonly Source[],
  tally: Tally,
  limits: RunLimits,
): AsyncGenerator<Item> {
  let count = 0;
  let bytes = 0;
  for (const source of sources) {
    if (source.isListed && !KNOWN_NAME.test(source.name)) {
      tally.skippedFiles += 1;
      continue;
    }
    for await (const found of itemsOfSource(source)) {
      bytes += found.bytes?.length ?? 0;
      if (count === limits.items || bytes > limits.bytes) {
        tally.isCut = true;
        return;
      }
      count += 1;
      yield { id: count, ...found };
    }
  }
}

async function* itemsOfSource(source: Source): AsyncGenerator<Found> {
  const { name, blob } = source;
  if (blob === null) return yield unreadable(name, 0);
  try {
    const start = new Uint8Array(await blob.slice(0, MAGIC_BYTES).arrayBuffer());
    if (isGzip(start)) yield* itemsOfGzip(name, blob);
    else if (LINES_NAME.test(name)) yield* itemsOfLines(name, bytesOfBlob(blob));
    else if (source.isPasted) yield* itemsOfText(name, blob);
    else yield await itemOfFile(name, blob);
  } catch {
    // The browser gives no reason that would help: a folder, a missing permission, a removed file, a broken archive.
    yield unreadable(name, blob.size);
  }
}

async function itemOfFile(name: string, blob: Blob): Promise<Found> {
  if (blob.size > MAX_PACKAGE_BYTES) return tooLarge(name, blob.size);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { name, sizeBytes: bytes.length, bytes, fault: null };
}

async function* itemsOfGzip(name: string, blob: Blob): AsyncGenerator<Found> {
  const unfolded = inflate(bytesOfBlob(blob), 'gzip');
  const inner = name.replace(GZIP_NAME, '');
  if (LINES_NAME.test(inner)) return yield* itemsOfLines(name, unfolded);
  const bytes = await collect(unfolded, MAX_PACKAGE_BYTES);
  yield bytes === null
    ? tooLarge(name, blob.size)
    : { name, sizeBytes: bytes.length, bytes, fault: null };
}

async function* itemsOfLines(name: string, stream: ByteStream): AsyncGenerator<Found> {
  for await (const { number, bytes } of linesOf(stream, MAX_PACKAGE_BYTES)) {
    const label = `${name}:${number}`;
    yield bytes === null
      ? tooLarge(label, MAX_PACKAGE_BYTES + 1)
      : { name: label, sizeBytes: bytes.length, bytes, fault: null };
  }
}

/** Pasted text is many packages when its first line is a whole object and another line follows. */
async function* itemsOfText(name: string, blob: Blob): AsyncGenerator<Found> {
  const found: Found[] = [];
  for await (const item of itemsOfLines(name, bytesOfBlob(blob))) {
    found.push(item);
    if (!isWholeObject(found[0]?.bytes ?? null)) break;
  }
  if (found.length > 1) yield* found;
  else yield await itemOfFile(name, blob);
}

function isWholeObject(line: Uint8Array | null): boolean {
  if (line === null) return false;
  const text = new TextDecoder().decode(line).trim();
  if (!text.startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unreadable(name: string, sizeBytes: number): Found {
  return { name, sizeBytes, bytes: null, fault: 'E_IO' };
}

/** `sizeBytes` is at least what it says: nobody reads on to learn how long it is. */
function tooLarge(name: string, sizeBytes: number): Found {
  return { name, sizeBytes, bytes: null, fault: 'E_TOO_LARGE' };
}
