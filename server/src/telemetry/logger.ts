/** Structured logs: one JSON line per event on stderr, from an allow-list of fields. @module */
import { type Logger as PinoLogger, pino } from 'pino';

/** Fields a log line may carry. No bodies, header values, URLs with queries, or secrets. */
export interface LogFields {
  readonly request_id?: string;
  readonly trace_id?: string;
  readonly tenant_id?: string;
  readonly event_id?: string;
  readonly endpoint_id?: string;
  readonly delivery_attempt_id?: string;
  readonly log?: string;
  readonly outcome?: string;
  readonly status?: number;
  readonly method?: string;
  readonly route?: string;
  readonly tree_size?: number;
  readonly count?: number;
  readonly duration_ms?: number;
  readonly reason?: string;
  readonly path?: string;
  /** Of a contradiction in a log: table and column, the place, and both values (hashes, sizes, codes). */
  readonly where?: string;
  readonly at?: string;
  readonly want?: string;
  readonly got?: string;
  readonly error?: unknown;
}

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** The logger of a whole process, whose level may be changed while it runs. */
export interface ProcessLogger extends Logger {
  isDebug(): boolean;
  /** Tells everything from now on; or, when it does, what it was made for again. */
  toggleDebug(): void;
}

// The compiler sees to it that none is missing; `error` is written by `describeError` alone.
const FIELD_NAMES: { readonly [Name in Exclude<keyof LogFields, 'error'>]-?: true } = {
  request_id: true,
  trace_id: true,
  tenant_id: true,
  event_id: true,
  endpoint_id: true,
  delivery_attempt_id: true,
  log: true,
  outcome: true,
  status: true,
  method: true,
  route: true,
  tree_size: true,
  count: true,
  duration_ms: true,
  reason: true,
  path: true,
  where: true,
  at: true,
  want: true,
  got: true,
};

/** Takes whole lines. */
export interface LogSink {
  write(line: string): void;
}

/** A logger that writes to stderr; stdout is left to what the operator asked to see. */
export function createLogger(level: string, sink?: LogSink): ProcessLogger {
  const target = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' },
    sink ?? pino.destination({ fd: 2, sync: true }),
  );
  const logger = fromPino(target);
  return {
    ...logger,
    isDebug: () => target.isLevelEnabled('debug'),
    toggleDebug() {
      const next = target.level === level ? 'debug' : level;
      // Said while it can be heard: by the level that tells more.
      if (next === level) logger.info('log level changed', { reason: next });
      target.level = next;
      if (next !== level) logger.info('log level changed', { reason: next });
    },
  };
}

function fromPino(target: PinoLogger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void => {
      target[level]({ ...allowedFields(fields), error: describeError(fields.error) }, event);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

// Objects that reach us through a variable may carry more than their type says.
function allowedFields(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => Object.hasOwn(FIELD_NAMES, name)),
  );
}

interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

// PostgreSQL class 22, data exception: the message repeats the refused value.
const DATA_EXCEPTION = /^22...$/;
const MAX_CAUSES = 5;

/**
 * What of an error may be written. PostgreSQL errors keep row values in `detail` and `where`, and
 * connection errors a client with its password, so single members are taken, never the object itself.
 */
function describeError(error: unknown, depth = 0): ErrorFields | undefined {
  if (error === undefined || depth > MAX_CAUSES) return undefined;
  if (!(error instanceof Error)) return { name: 'Thrown', message: typeof error };
  const { code } = error as { code?: unknown };
  const cause = describeError(error.cause, depth + 1);
  const isData = typeof code === 'string' && DATA_EXCEPTION.test(code);
  const stack = framesOf(error);
  return {
    name: error.name,
    message: isData ? 'data exception' : error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(stack === '' ? {} : { stack }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** The stack without its first part, which is the message once more. */
function framesOf({ message, stack = '' }: Error): string {
  const at = stack.indexOf(message);
  const frames = at === -1 ? stack : stack.slice(at + message.length);
  return frames
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
