/** The heads a watch has seen, in a file: the newest of each log and key, as received. Source of truth: verifier-ux 2.9. @module */
import { keyIdFromPublicKey, parseTreeHead, VerificationError } from '@kapsel/verification';
import type { Host } from './host.ts';
import { writeTextFile } from './output-file.ts';
import { readSource } from './source.ts';
import { UsageError } from './usage-error.ts';

export const STATE_FORMAT = 'kapsel.watch/v1';
const MAX_STATE_BYTES = 4 * 1024 * 1024;

/** One head as it was received, and what is needed to find it again. */
export interface SeenHead {
  readonly log: string;
  readonly keyId: string;
  readonly treeSize: number;
  readonly timestampMs: number;
  /** The exact text of the answer: it may become evidence. */
  readonly text: string;
  readonly seenAt: string;
}

/** The facts of a head's text; throws a `VerificationError` for anything else. */
export function seenHeadFromText(text: string, seenAt: string): SeenHead {
  const head = parseTreeHead(text);
  return {
    log: head.log,
    keyId: keyIdFromPublicKey(head.publicKey),
    treeSize: head.treeSize,
    timestampMs: head.timestampMs,
    text,
    seenAt,
  };
}

/** The heads in the file; none where there is no file yet. A damaged file is refused: starting anew would forget. */
export async function readWatchState(host: Host, path: string): Promise<readonly SeenHead[]> {
  const source = await readSource(host, path, MAX_STATE_BYTES);
  if (source.kind === 'unreadable' && source.reason === 'there is no such file') return [];
  if (source.kind !== 'bytes') {
    const reason = source.kind === 'unreadable' ? source.reason : 'it is too large';
    throw new UsageError('E_IO', `cannot read the state file: ${reason}`);
  }
  try {
    const value: unknown = JSON.parse(Buffer.from(source.bytes).toString('utf8'));
    return headsOf(value);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof VerificationError)) throw error;
    throw damaged();
  }
}

export async function writeWatchState(path: string, heads: readonly SeenHead[]): Promise<void> {
  const entries = heads.map(({ text, seenAt }) => ({ head: text, seen_at: seenAt }));
  await writeTextFile(
    path,
    `${JSON.stringify({ format: STATE_FORMAT, heads: entries }, null, 2)}\n`,
  );
}

/** The head takes the place of the one before it of the same log and key. */
export function withHead(heads: readonly SeenHead[], head: SeenHead): readonly SeenHead[] {
  const others = heads.filter(({ log, keyId }) => log !== head.log || keyId !== head.keyId);
  return [...others, head];
}

/** The newest head of a log, under whichever key. */
export function newestHead(heads: readonly SeenHead[], log: string): SeenHead | null {
  const own = heads.filter((head) => head.log === log);
  return own.reduce<SeenHead | null>(
    (newest, head) => (newest === null || head.timestampMs > newest.timestampMs ? head : newest),
    null,
  );
}

function headsOf(value: unknown): readonly SeenHead[] {
  if (!isRecord(value) || value.format !== STATE_FORMAT || !Array.isArray(value.heads)) {
    throw damaged();
  }
  return value.heads.map((entry: unknown) => {
    if (!isRecord(entry)) throw damaged();
    const { head, seen_at: seenAt } = entry;
    if (typeof head !== 'string' || typeof seenAt !== 'string') throw damaged();
    return seenHeadFromText(head, seenAt);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function damaged(): UsageError {
  return new UsageError(
    'E_IO',
    'the state file is damaged; what was seen before cannot be compared',
    ['Restore it from a copy. Removing it starts anew, and forgets every head seen so far.'],
  );
}
