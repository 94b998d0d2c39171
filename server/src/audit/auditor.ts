/** Audits all logs for ever, in small slices beside the traffic; the first contradiction of a log halts it. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState, haltLog, listLogs } from '../logs/store.ts';
import { type AuditReport, LogAudit } from './audit.ts';
import type { Contradiction } from './contradiction.ts';

// Few enough that parsing them does not hold up a request for long.
const CHUNK = 256;
const SLICE_LEAVES = 10_000;
const SLICE_MS = 200;
// So many passes see each stored body once.
const BODIES_ONE_IN = 16;

export interface AuditorDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** From the end of a round over all logs to the beginning of the next. */
  readonly intervalMs: number;
  /** Between two slices: how much of the machine the audit leaves to others. */
  readonly pauseMs: number;
  readonly onChecked: (leaves: number) => void;
  /** A log was found whole; `endedMs` is the time. */
  readonly onPass: (report: AuditReport, endedMs: number) => void;
  /** Called once a pass; the log is halted by then, unless the database refused even that. */
  readonly onContradiction: (contradiction: Contradiction) => void;
  readonly onError: (error: unknown) => void;
}

export interface Auditor {
  stop(): Promise<void>;
}

/** What is under way: the logs of this round that are left, and the pass over the first of them. */
interface Round {
  readonly number: number;
  readonly logs: Log[];
  pass: LogAudit | null;
  found: Contradiction | null;
}

/** Starts the auditor. Several processes may each run one: all of them only read. */
export function startAuditor(deps: AuditorDeps): Auditor {
  const { pool, clock, intervalMs, pauseMs } = deps;
  /** How far each log was found whole: it may not fall behind that while this process lives. */
  const seen = new Map<LogId, LogAudit['seen']>();
  let round: Round = { number: 0, logs: [], pass: null, found: null };

  const slice = async (signal: AbortSignal): Promise<number> => {
    if (round.pass === null) {
      const log = round.logs[0] ?? (await beginRound());
      if (log === undefined) return intervalMs;
      // Whoever halted it knows why; the command tells the rest.
      if ((await getTreeState(pool, log.id)).haltedReason !== null) return endPass();
      round.pass = openPass(log);
    }
    const { pass } = round;
    const untilMs = clock.monotonicMs() + SLICE_MS;
    const before = pass.report.checkedLeaves;
    let hasMore = true;
    try {
      while (hasMore && !signal.aborted && round.found === null) {
        hasMore = await pass.step();
        if (pass.report.checkedLeaves - before >= SLICE_LEAVES) break;
        if (clock.monotonicMs() >= untilMs) break;
      }
    } catch (error) {
      // The database went away in the middle: what this pass holds may be half of a step.
      round.pass = null;
      throw error;
    }
    deps.onChecked(pass.report.checkedLeaves - before);
    if (round.found !== null) return halt(round.found);
    if (hasMore) return pauseMs;
    const [log] = round.logs;
    if (log !== undefined) seen.set(log.id, pass.seen);
    deps.onPass(pass.report, clock.nowMs());
    return endPass();
  };

  const beginRound = async (): Promise<Log | undefined> => {
    const logs = await listLogs(pool);
    round = { number: round.number + 1, logs, pass: null, found: null };
    return logs[0];
  };

  const openPass = (log: Log): LogAudit =>
    new LogAudit(pool, log, {
      chunk: CHUNK,
      bodiesOneIn: BODIES_ONE_IN,
      round: round.number,
      seen: seen.get(log.id) ?? null,
      onContradiction: (contradiction) => {
        round.found ??= contradiction;
      },
      pause: () => clock.sleep(0),
    });

  const halt = async (contradiction: Contradiction): Promise<number> => {
    const [log] = round.logs;
    try {
      if (log !== undefined) {
        const { where, at } = contradiction;
        await haltLog(pool, log.id, `audit: ${where} at ${at} contradicts the rest of the log`);
      }
    } finally {
      deps.onContradiction(contradiction);
      endPass();
    }
    return pauseMs;
  };

  const endPass = (): number => {
    round.logs.shift();
    round.pass = null;
    round.found = null;
    return round.logs.length === 0 ? intervalMs : pauseMs;
  };

  const loop = new Loop({ clock, step: slice, onError: deps.onError });
  return { stop: () => loop.stop() };
}
