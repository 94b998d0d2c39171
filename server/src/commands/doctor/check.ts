/** Checks of the doctor: one look each, and how a list of them is run. @module */
import type { Pool } from 'pg';
import type { Clock } from '../../base/clock.ts';
import { type Config, ConfigError } from '../../base/config.ts';
import { messagesOf } from '../../base/error-words.ts';
import { type Finding, type Found, fail, skip } from './finding.ts';

/** What a check looks at that needs no database. */
export interface Machine {
  readonly config: Config;
  readonly clock: Clock;
  /** Others than the database and the head store may be asked over the network. */
  readonly isOnline: boolean;
}

export interface Installation extends Machine {
  readonly pool: Pool;
}

/** Reads alone: a doctor changes nothing. What it throws becomes a finding too. */
export interface Check<Subject> {
  readonly name: string;
  run(subject: Subject): Promise<Found | readonly Found[]>;
}

export async function runChecks<Subject>(
  checks: readonly Check<Subject>[],
  subject: Subject,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run } of checks) {
    // One after the other: a machine in trouble is not to be loaded further.
    const found = await run(subject).catch((error: unknown) => notLookedAt(error));
    findings.push(...[found].flat().map((each) => ({ check: name, ...each })));
  }
  return findings;
}

export function skipChecks(
  checks: readonly { readonly name: string }[],
  because: string,
): Finding[] {
  return checks.map(({ name }) => ({ check: name, ...skip(because) }));
}

function notLookedAt(error: unknown): Found {
  // The check of the settings has told of it.
  if (error instanceof ConfigError) return skip('its settings are wrong');
  const message = messagesOf(error).join(': ') || 'failed';
  return fail('error', message, 'remove the reason, then run the doctor again');
}
