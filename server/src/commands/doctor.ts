/** `kapsel-server doctor`: looks at everything an operator would look at, changes nothing, and says what to do next. @module */
import { resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { ConfigError } from '../base/config.ts';
import { messagesOf } from '../base/error-words.ts';
import { hasCluster } from '../embedded/place.ts';
import { type Command, type CommandContext, type CommandInput, JSON_OPTION } from './command.ts';
import { type CommandPool, openCommandPool } from './command-pool.ts';
import { type Machine, runChecks, skipChecks } from './doctor/check.ts';
import { DATABASE_CHECKS, findSchema, reachDatabase } from './doctor/database-checks.ts';
import {
  describeFindings,
  type Finding,
  type Found,
  fail,
  hasFailed,
  warn,
} from './doctor/finding.ts';
import { LOG_CHECKS } from './doctor/log-checks.ts';
import { MACHINE_CHECKS } from './doctor/machine-checks.ts';
import { TRAFFIC_CHECKS } from './doctor/traffic-checks.ts';

const EXIT_WELL = 0;
const EXIT_FAILED = 1;

const OUR_TABLES = [...LOG_CHECKS, ...TRAFFIC_CHECKS];

/** Exit codes: 0 nothing failed, 1 something did, 2 not asked right. */
export const doctorCommand: Command = {
  words: 'doctor',
  help: 'look at settings, database, keys, heads and traffic; changes nothing, exits with 1 when something fails',
  options: {
    online: { value: null, help: 'Ask the witnesses too.' },
    json: JSON_OPTION,
  },
  async run(context, input) {
    const machine = { config: context.config, clock: systemClock, isOnline: input.flag('online') };
    return tell(context.print, input, await examine(machine, context.note));
  },
  runMisconfigured(error: ConfigError, print, input) {
    const faults = error.faults.map(
      (fault): Finding => ({
        check: 'settings',
        ...fail('invalid', fault, 'kapsel-server help'),
      }),
    );
    return tell(print, input, faults);
  },
};

async function examine(machine: Machine, note: (line: string) => void): Promise<Finding[]> {
  const findings = await runChecks(MACHINE_CHECKS, machine);
  const opened = await openDatabase(machine, note);
  if ('status' in opened) {
    const rest = [...DATABASE_CHECKS, findSchema, ...OUR_TABLES];
    return [...findings, { check: 'database', ...opened }, ...skipChecks(rest, 'no database')];
  }
  try {
    return [...findings, ...(await examineDatabase(machine, opened))];
  } finally {
    await opened.close();
  }
}

/** Of the embedded cluster nothing is made: a data folder that has none is told as such. */
async function openDatabase(
  { config }: Machine,
  note: (line: string) => void,
): Promise<CommandPool | Found> {
  const folder = resolve(config.dataDir);
  try {
    if (config.databaseUrl === null && !(await hasCluster(folder))) {
      return warn(
        'none',
        `there is no database in ${folder}, and DATABASE_URL is not set`,
        'kapsel-server serve: its first start makes one',
      );
    }
    return await openCommandPool(config, note);
  } catch (error) {
    const next = config.databaseUrl === null ? `tail ${folder}/pg.log` : 'look at DATABASE_URL';
    return fail('unreachable', messagesOf(error).join(': '), next);
  }
}

async function examineDatabase(machine: Machine, { pool, login }: CommandPool): Promise<Finding[]> {
  const installation = { ...machine, pool: login };
  const reached = await runChecks([reachDatabase], installation);
  if (reached.some(({ code }) => code === 'unreachable')) {
    const rest = [...DATABASE_CHECKS, findSchema, ...OUR_TABLES];
    return [...reached, ...skipChecks(rest, 'the database cannot be reached')];
  }
  const findings = [
    ...reached,
    ...(await runChecks([...DATABASE_CHECKS, findSchema], installation)),
  ];
  const schema = findings.at(-1);
  if (schema?.status !== 'ok') {
    return [...findings, ...skipChecks(OUR_TABLES, 'the schema is not this program’s')];
  }
  return [...findings, ...(await runChecks(OUR_TABLES, { ...machine, pool }))];
}

function tell(
  print: CommandContext['print'],
  input: CommandInput,
  findings: readonly Finding[],
): number {
  const failed = hasFailed(findings);
  print(
    input.flag('json') ? JSON.stringify({ ok: !failed, findings }) : describeFindings(findings),
  );
  return failed ? EXIT_FAILED : EXIT_WELL;
}
