/** A logger that keeps its lines, so that a test can wait for one. @module */
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';

export interface JournalLine extends LogFields {
  readonly level: keyof Logger;
  readonly event: string;
}

export interface Journal extends Logger {
  readonly lines: JournalLine[];
}

export function openJournal(): Journal {
  const lines: JournalLine[] = [];
  const at =
    (level: keyof Logger) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, ...fields });
    };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
