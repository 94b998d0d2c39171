/** `kapsel-server logs halt|resume`: a log stands still on an operator's word, and goes on after an audit or on his word. @module */
import type { Pool } from 'pg';
import { LogAudit } from '../audit/audit.ts';
import { describeContradiction } from '../audit/contradiction.ts';
import { endHalt, findHalt, type Halt } from '../logs/halt-store.ts';
import type { Log } from '../logs/log.ts';
import { haltLog } from '../logs/store.ts';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  JSON_OPTION,
  UsageError,
} from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { LOG_OPTION, pickLog } from './pick-log.ts';

const MAX_REASON = 1_000;
const EXIT_CONTRADICTION = 1;
const CHUNK = 2_048;

export const haltLogCommand: Command = {
  words: 'logs halt',
  help: 'let a log stand still: nothing is sequenced or signed, what is signed is served on',
  options: {
    log: LOG_OPTION,
    reason: { value: 'TEXT', help: 'Why; it stands in log lines and lists.', isRequired: true },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const reason = readReason(input, haltLogCommand) ?? '';
    const { log, halt, isNew } = await withDatabase(config, note, async ({ sequencer: pool }) => {
      const log = await pickLog(pool, input);
      const isNew = await haltLog(pool, log.id, reason);
      return { log, isNew, halt: await findHalt(pool, log.id) };
    });
    const kept = halt?.reason ?? reason;
    if (input.flag('json')) {
      print(JSON.stringify({ log: log.origin, name: log.name, halted: isNew, reason: kept }));
      return undefined;
    }
    print(isNew ? `${log.origin} is halted.` : `${log.origin} was halted already: ${kept}`);
    return undefined;
  },
};

export const resumeLogCommand: Command = {
  words: 'logs resume',
  help: 'let a halted log go on, after an audit that finds it whole; exits with 1 where it does not',
  options: {
    log: LOG_OPTION,
    reason: {
      value: 'TEXT',
      help: 'Go on without an audit, for this reason; it is recorded.',
    },
    json: JSON_OPTION,
  },
  async run(context, input) {
    const reason = readReason(input, resumeLogCommand);
    return withDatabase(context.config, context.note, async ({ sequencer: pool, upkeep }) => {
      const log = await pickLog(pool, input);
      const halt = await findHalt(pool, log.id);
      if (halt === null) throw new UsageError(`the log ${log.name} is not halted`);
      // Its reason is what was looked into: another one, found meanwhile, is not ended with it.
      const auditedSize = reason === null ? await auditWhole(context, input, upkeep, log) : null;
      if (reason === null && auditedSize === null) return EXIT_CONTRADICTION;
      if (!(await endHalt(pool, log.id, halt.reason, { auditedSize, reason }))) {
        throw new Error('the log was resumed or halted anew meanwhile: look at "logs list"');
      }
      tell(context, input, log, halt, auditedSize);
      return undefined;
    });
  },
};

function readReason(input: CommandInput, command: Command): string | null {
  const reason = input.text('reason')?.trim() ?? null;
  if (reason === null || (reason.length > 0 && reason.length <= MAX_REASON)) return reason;
  throw new UsageError(`--reason wants 1 to ${MAX_REASON} characters`, command);
}

/** The size that was found whole, bodies included, or null after printing what contradicts it. */
async function auditWhole(
  { print, note }: CommandContext,
  input: CommandInput,
  pool: Pool,
  log: Log,
): Promise<number | null> {
  const isJson = input.flag('json');
  const audit = new LogAudit(pool, log, {
    chunk: CHUNK,
    bodiesOneIn: 1,
    onContradiction: (contradiction) =>
      print(isJson ? JSON.stringify({ contradiction }) : describeContradiction(contradiction)),
    pause: async () => undefined,
  });
  while (await audit.step());
  const { contradictions, treeSize } = audit.report;
  if (contradictions === 0) return treeSize;
  note(
    `${log.origin} stays halted: the audit found ${contradictions} of its rows in contradiction.`,
  );
  return null;
}

function tell(
  { print }: CommandContext,
  input: CommandInput,
  log: Log,
  halt: Halt,
  auditedSize: number | null,
): void {
  if (input.flag('json')) {
    const members = { log: log.origin, name: log.name, resumed: true };
    print(JSON.stringify({ ...members, was_halted_for: halt.reason, audited_size: auditedSize }));
    return;
  }
  print(`${log.origin} goes on.`);
  print(`  Was halted  ${halt.reason}`);
  print(
    `  Grounds     ${auditedSize === null ? 'your word, without an audit' : `an audit of all ${auditedSize} leaves`}`,
  );
}
