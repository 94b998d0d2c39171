/** The log that a command is about: named by `--log`, else the shared one. @module */
import type { Db } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import { findLogByName, findSharedLog } from '../logs/store.ts';
import { type CommandInput, type Option, UsageError } from './command.ts';

export const LOG_OPTION: Option = {
  value: 'NAME',
  help: 'The log, by its name; without it the shared log.',
};

/** Throws UsageError when there is no such log. */
export async function pickLog(db: Db, input: CommandInput): Promise<Log> {
  const name = input.text('log');
  const log = name === null ? await findSharedLog(db) : await findLogByName(db, name);
  if (log !== null) return log;
  throw new UsageError(
    name === null
      ? 'there is no shared log yet: it is made at the first start of the server'
      : `there is no log named ${name}; "kapsel-server logs list" shows them`,
  );
}
