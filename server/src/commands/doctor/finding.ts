/** Findings of the doctor: what was looked at, how it stands, in words, and what to do next. @module */

export type Status = 'ok' | 'warn' | 'fail' | 'skip';

/** What one look at something answers; it may answer several. */
export interface Found {
  readonly status: Status;
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  /** What to type, or to do; null where nothing is to be done. */
  readonly next: string | null;
}

export interface Finding extends Found {
  /** What was looked at. */
  readonly check: string;
}

export function ok(message: string): Found {
  return { status: 'ok', code: 'ok', message, next: null };
}

/** The server works, but somebody should look at this by day. */
export function warn(code: string, message: string, next: string): Found {
  return { status: 'warn', code, message, next };
}

/** The server does not start, or does not do its work. */
export function fail(code: string, message: string, next: string): Found {
  return { status: 'fail', code, message, next };
}

export function skip(message: string): Found {
  return { status: 'skip', code: 'skipped', message, next: null };
}

/** `problems`, or where there are none that all is well. */
export function orOk(problems: readonly Found[], message: string): readonly Found[] {
  return problems.length > 0 ? problems : [ok(message)];
}

export function hasFailed(findings: readonly Finding[]): boolean {
  return findings.some(({ status }) => status === 'fail');
}

/** For people: a line each, what to do next below it, and the counts at the end. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, status, message, next }) => {
    const indent = ' '.repeat('fail'.length + 2 + width + 2);
    const said = message.replaceAll('\n', `\n${indent}`);
    const line = `${status.padEnd('fail'.length)}  ${check.padEnd(width)}  ${said}`;
    return next === null ? [line] : [line, `${indent}next: ${next}`];
  });
  const count = (status: Status): number =>
    findings.filter((finding) => finding.status === status).length;
  const skipped = count('skip') === 0 ? '' : `, ${count('skip')} not looked at`;
  return [
    ...lines,
    `${count('fail')} failed, ${count('warn')} to look at, ${count('ok')} ok${skipped}`,
  ].join('\n');
}
