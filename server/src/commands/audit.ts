/** `kapsel-server audit`: verifies whole logs again from the tables, beside a running server; writes nothing. @module */
import type { Pool } from 'pg';
import { type AuditReport, LogAudit } from '../audit/audit.ts';
import { describeContradiction } from '../audit/contradiction.ts';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../logs/log.ts';
import { findLogByName, listLogs } from '../logs/store.ts';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  JSON_OPTION,
  UsageError,
} from './command.ts';
import { openCommandPool } from './command-pool.ts';

const EXIT_CLEAN = 0;
const EXIT_CONTRADICTION = 1;

const CHUNK = 2_048;
const PROGRESS_MS = 200;
const SIZE = /^\d{1,15}$/;

/** Exit codes: 0 whole, 1 a contradiction (or it could not be finished), 2 not asked right. */
export const auditCommand: Command = {
  words: 'audit',
  help: 'verify whole logs again from the tables, beside a running server; exits with 1 on a contradiction',
  options: {
    log: { value: 'NAME', help: 'This log alone. Without it: all logs.' },
    from: { value: 'SIZE', help: 'Begin at this tree size; what lies below is not looked at.' },
    json: JSON_OPTION,
  },
  run: runAudit,
};

async function runAudit(context: CommandContext, input: CommandInput): Promise<number> {
  const [name, from, json] = [input.text('log'), input.text('from') ?? '0', input.flag('json')];
  if (!SIZE.test(from)) throw new UsageError('--from wants a tree size', auditCommand);
  const { pool, close } = await openCommandPool(context.config, context.note);
  try {
    const logs = await chooseLogs(pool, name);
    let contradictions = 0;
    for (const log of logs) {
      const report = await auditLog(pool, log, { from: Number(from), json }, context);
      contradictions += report.contradictions;
      context.print(json ? JSON.stringify({ report }) : describeReport(report));
    }
    return contradictions === 0 ? EXIT_CLEAN : EXIT_CONTRADICTION;
  } finally {
    await close();
  }
}

async function chooseLogs(pool: Pool, name: string | null): Promise<Log[]> {
  if (name === null) return listLogs(pool);
  const log = await findLogByName(pool, name);
  if (log === null) throw new UsageError(`there is no log ${name}`, auditCommand);
  return [log];
}

async function auditLog(
  pool: Pool,
  log: Log,
  { from, json }: { readonly from: number; readonly json: boolean },
  { print, progress }: CommandContext,
): Promise<AuditReport> {
  const audit = new LogAudit(pool, log, {
    fromSize: from,
    chunk: CHUNK,
    bodiesOneIn: 1,
    onContradiction: (contradiction) => {
      progress?.('');
      print(json ? JSON.stringify({ contradiction }) : describeContradiction(contradiction));
    },
    pause: async () => undefined,
  });
  let shownMs = 0;
  while (await audit.step()) {
    const nowMs = systemClock.monotonicMs();
    if (progress === undefined || nowMs - shownMs < PROGRESS_MS) continue;
    shownMs = nowMs;
    const { fromSize, treeSize, checkedLeaves, checkedHeads } = audit.report;
    const percent = treeSize === 0 ? 100 : ((fromSize + checkedLeaves) / treeSize) * 100;
    progress(
      `${log.name}: ${percent.toFixed(1)} %, ${checkedLeaves} leaves, ${checkedHeads} heads`,
    );
  }
  progress?.('');
  return audit.report;
}

function describeReport(report: AuditReport): string {
  const { log, origin, fromSize, treeSize, checkedLeaves, checkedHeads, contradictions } = report;
  const found = contradictions === 0 ? 'no contradiction' : count(contradictions, 'contradiction');
  const checked = [
    count(checkedLeaves, 'leaf', 'leaves'),
    count(checkedHeads, 'head'),
    count(report.checkedBodies, 'body', 'bodies'),
  ].join(', ');
  const lines = [`log ${log} (${origin}) of size ${treeSize}: ${checked} checked: ${found}`];
  if (fromSize > 0) lines.push(`  What lies below size ${fromSize} was not looked at.`);
  if (report.leavesWithoutText > 0) {
    lines.push(
      `  ${count(report.leavesWithoutText, 'leaf', 'leaves')} of detached months without a text here, checked from tiles.`,
    );
  }
  return lines.join('\n');
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
