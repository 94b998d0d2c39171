/** The report of a run as JSON: what the core writes, with the words of this program. Source of truth: verifier-ux 2.7. @module */
import {
  type ResultInput,
  type RunReportStart,
  type RunReportWriter,
  runReportDocument,
  runReportLines,
} from '@kapsel/verification';
import { PROGRAM_COMMIT, PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Result } from '../result.ts';
import type { RunStart, View } from '../run-facts.ts';
import { labelOfInput } from '../source.ts';

type Write = (text: string) => void;

/** One document. */
export function jsonDocumentView(start: RunStart, write: Write): View {
  return viewOfWriter(start, runReportDocument(reportStart(start), write));
}

/** One document a line. */
export function jsonLinesView(start: RunStart, write: Write): View {
  return viewOfWriter(start, runReportLines(reportStart(start), write));
}

/** Where the result comes from, as reports name it. */
export function resultInput({ place, label, digest }: Result): ResultInput {
  const isWhole = place.entry === null && place.line === null;
  // A path that may be a key is not written back.
  return { ...place, path: isWhole ? label : labelOfInput(place.path), digest };
}

function reportStart({ keys, requirements, startedMs, runtime }: RunStart): RunReportStart {
  return {
    tool: { name: PROGRAM_NAME, version: PROGRAM_VERSION, commit: PROGRAM_COMMIT, runtime },
    startedMs,
    keys,
    require: requirements.texts,
    payloadHash: requirements.payloadHash,
  };
}

function viewOfWriter({ inputs }: RunStart, writer: RunReportWriter): View {
  return {
    add: (result) => writer.add(resultInput(result), result.report),
    end: ({ tally, files, skippedCount, elapsedMs, stop, exitCode }) =>
      writer.end({
        tally,
        inputs: inputs.length,
        files,
        skippedFiles: skippedCount,
        elapsedMs,
        isComplete: stop === null,
        exitCode,
      }),
  };
}
