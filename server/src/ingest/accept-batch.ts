/** Story: the lines of a batch are accepted one by one; each stands for itself. @module */
import { Failure, type FailureKind } from '../base/failure.ts';
import type { Accepted, Ingest, IngestRequest } from './accept.ts';
import { type BatchLine, parseBatchLine } from './batch-line.ts';
import type { Target } from './target.ts';

export type LineResult =
  | ({ readonly kind: 'accepted'; readonly line: number } & Accepted)
  | {
      readonly kind: 'refused';
      readonly line: number;
      readonly code: FailureKind;
      readonly message: string;
      /** What went wrong on our side; for the log, never for the caller. */
      readonly cause?: unknown;
    };

/** What the caller did wrong in a line; everything else is ours, and may go better the next time. */
const OURS: ReadonlySet<FailureKind> = new Set(['overloaded', 'unavailable', 'internal']);

/**
 * One result a line, in order. Rejects when no line could be stored through no fault of the caller: answering line by
 * line would then hide that the whole is to be sent again.
 */
export async function acceptLines(
  ingest: Pick<Ingest, 'accept'>,
  target: Target,
  lines: readonly BatchLine[],
  traceparent: string | null = null,
): Promise<LineResult[]> {
  let ours: unknown = null;
  const results = await Promise.all(
    lines.map(async ({ number: line, bytes }): Promise<LineResult> => {
      try {
        const request: IngestRequest = parseBatchLine(bytes);
        return {
          kind: 'accepted',
          line,
          ...(await ingest.accept(target, { ...request, traceparent })),
        };
      } catch (error) {
        const failure =
          error instanceof Failure
            ? error
            : new Failure('internal', 'Internal error', { cause: error });
        if (OURS.has(failure.kind)) ours ??= error;
        const refused = {
          kind: 'refused' as const,
          line,
          code: failure.kind,
          message: failure.message,
        };
        return OURS.has(failure.kind) ? { ...refused, cause: error } : refused;
      }
    }),
  );
  if (ours !== null && results.every(({ kind }) => kind === 'refused')) throw ours;
  return results;
}
