/** `kapsel-verify watch`: each new head of a log must continue the one seen before. Source of truth: verifier-ux 2.9. @module */
import { dirname, join } from 'node:path';
import {
  type ConsistencyReport,
  EXIT_INTERRUPTED,
  exitCodeFromVerdict,
  leadingFailure,
  VerificationError,
  verdictOfCode,
  verifyHeadConsistency,
} from '@kapsel/verification';
import { writeEvidence } from '../evidence.ts';
import { exitCodeFromError } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { type Fetched, faultOfAddress, getJson } from '../network.ts';
import { type CommonOptions, tellLines } from '../options.ts';
import {
  ownTrustPath,
  type PinnedKey,
  readPinnedKeys,
  trustFromPinnedKeys,
} from '../pinned-keys.ts';
import { safe } from '../render/checks.ts';
import { consistencyLines } from '../render/consistency.ts';
import { timeText } from '../render/details.ts';
import { tellProblem } from '../render/usage.ts';
import { UsageError } from '../usage-error.ts';
import {
  newestHead,
  readWatchState,
  type SeenHead,
  seenHeadFromText,
  withHead,
  writeWatchState,
} from '../watch-state.ts';

export interface WatchOptions extends CommonOptions {
  readonly url: string;
  readonly logName: string | null;
  readonly stateFile: string | null;
  readonly evidenceFolder: string;
  readonly intervalMs: number;
  readonly maxHeadAgeMs: number | null;
  readonly isOnce: boolean;
}

const CLOCK_TOLERANCE_MS = 300_000;
const MAX_WAIT_MS = 900_000;
const CONTRADICTIONS: readonly string[] = ['E_CONSISTENCY', 'E_ROLLBACK', 'E_SPLIT_VIEW'];

/** What one look at the log came to: the exit code with which the watch ends, or none. */
type Look = { readonly isReached: boolean; readonly exitCode: number | null };

/** Watches until it is stopped, or until there is something that must not be overlooked. */
export async function watchLog(host: Host, options: WatchOptions): Promise<number> {
  const fault = faultOfAddress(options.url);
  if (fault !== null) throw new UsageError('E_USAGE', `the address ${fault}`);
  const keys = await readPinnedKeys(host, options);
  const stateFile = options.stateFile ?? defaultStateFile(host);
  const watch = { host, options, keys, stateFile };
  for (let failures = 0; ; ) {
    const look = await lookOnce(watch);
    if (host.signal.aborted) return EXIT_INTERRUPTED;
    if (look.exitCode !== null) return look.exitCode;
    if (options.isOnce) return look.isReached ? 0 : exitCodeFromError('E_NET');
    failures = look.isReached ? 0 : failures + 1;
    await host.sleep(waitMs(options.intervalMs, failures, host.random()));
    if (host.signal.aborted) return EXIT_INTERRUPTED;
  }
}

/** The interval, longer after each failure, never twice the same: many watchers shall not come together. */
export function waitMs(intervalMs: number, failures: number, random: number): number {
  const longer = Math.min(
    intervalMs * 2 ** Math.min(failures, 10),
    Math.max(MAX_WAIT_MS, intervalMs),
  );
  return Math.round(longer * (0.75 + random / 2));
}

interface Watch {
  readonly host: Host;
  readonly options: WatchOptions;
  readonly keys: readonly PinnedKey[];
  readonly stateFile: string;
}

async function lookOnce(watch: Watch): Promise<Look> {
  const { host, options, stateFile } = watch;
  const answer = await getJson(host, addressOf(options, 'sth', {}));
  if (answer.kind === 'failed') return unreachable(host, answer);
  const head = headOfAnswer(host, answer.bytes);
  if (typeof head === 'number') return { isReached: true, exitCode: head };
  const heads = await readWatchState(host, stateFile);
  const last = newestHead(heads, head.log);
  warnOfTime(watch, head);
  if (last === null) return firstHead(watch, head, heads);
  // The same answer again says nothing new, and was checked when it came.
  if (last.text === head.text) return { isReached: true, exitCode: null };
  const proof = await proofBetween(watch, last, head);
  if (proof?.kind === 'failed') return unreachable(host, proof);
  const proofBytes = proof?.bytes ?? null;
  const report = verify(watch, last, head, proofBytes);
  if (report.verdict !== 'verified') return contradicted(watch, { last, head, proofBytes, report });
  if (head.timestampMs > last.timestampMs) {
    await writeWatchState(stateFile, withHead(heads, head));
    tell(watch, `consistent  ${headText(head)}, continues size ${last.treeSize}`);
  } else tell(watch, `consistent  ${headText(head)}, older than the one seen last`);
  return { isReached: true, exitCode: null };
}

async function firstHead(watch: Watch, head: SeenHead, heads: readonly SeenHead[]): Promise<Look> {
  const report = verify(watch, head, head, null);
  if (report.verdict !== 'verified') {
    return contradicted(watch, { last: head, head, proofBytes: null, report });
  }
  await writeWatchState(watch.stateFile, withHead(heads, head));
  tell(watch, `first seen  ${headText(head)}`);
  return { isReached: true, exitCode: null };
}

/** A head from the future is warned of; its other checks are made as for its own time. */
function verify(
  { host, keys }: Watch,
  last: SeenHead,
  head: SeenHead,
  proof: Uint8Array | null,
): ConsistencyReport {
  const nowMs = Math.max(host.nowMs(), last.timestampMs, head.timestampMs);
  return verifyHeadConsistency(last.text, head.text, proof, trustFromPinnedKeys(keys), { nowMs });
}

interface Finding {
  readonly last: SeenHead;
  readonly head: SeenHead;
  readonly proofBytes: Uint8Array | null;
  readonly report: ConsistencyReport;
}

async function contradicted(watch: Watch, finding: Finding): Promise<Look> {
  const { host, options, keys } = watch;
  const { last, head, proofBytes, report } = finding;
  tellLines(host, options.look, consistencyLines(report, options.look));
  const code = leadingFailure(report)?.code ?? '';
  if (CONTRADICTIONS.includes(code)) {
    const logKeys = keys.filter(({ kind }) => kind === 'log');
    const publicKeys = logKeys.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'));
    const found = { old: last, new: head, proof: proofBytes, code, publicKeys };
    const path = await writeEvidence(options.evidenceFolder, found);
    tell(watch, `evidence    ${safe(path)}`);
  }
  return { isReached: true, exitCode: exitCodeFromVerdict(report.verdict) };
}

/** Two trees of one size, and an empty one, need no proof. */
async function proofBetween(watch: Watch, last: SeenHead, head: SeenHead): Promise<Fetched | null> {
  const [older, newer] = last.timestampMs <= head.timestampMs ? [last, head] : [head, last];
  if (older.treeSize === 0 || older.treeSize >= newer.treeSize) return null;
  const sizes = { old_size: `${older.treeSize}`, new_size: `${newer.treeSize}` };
  return getJson(watch.host, addressOf(watch.options, 'consistency-proof', sizes));
}

function addressOf(
  { url, logName }: WatchOptions,
  what: string,
  query: Readonly<Record<string, string>>,
): string {
  const address = new URL(`${url.replace(/\/$/, '')}/attestation/${what}`);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  if (logName !== null) address.searchParams.set('log', logName);
  return address.href;
}

function headOfAnswer(host: Host, bytes: Uint8Array): SeenHead | number {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return seenHeadFromText(text, new Date(host.nowMs()).toISOString());
  } catch (error) {
    const code = error instanceof VerificationError ? error.code : 'E_JSON';
    if (!(error instanceof VerificationError || error instanceof TypeError)) throw error;
    tellProblem(host, 'the answer is no tree head', code);
    const verdict = verdictOfCode(code);
    return exitCodeFromVerdict(verdict === 'usage' ? 'malformed' : verdict);
  }
}

function warnOfTime({ host, options }: Watch, head: SeenHead): void {
  const ageMs = host.nowMs() - head.timestampMs;
  if (ageMs < -CLOCK_TOLERANCE_MS) {
    host.stderr.write(`warning: the head is from the future, ${timeText(head.timestampMs)}\n`);
  }
  if (options.maxHeadAgeMs !== null && ageMs > options.maxHeadAgeMs) {
    host.stderr.write(`warning: the head is stale, ${timeText(head.timestampMs)}\n`);
  }
}

function unreachable(host: Host, { reason }: Extract<Fetched, { kind: 'failed' }>): Look {
  if (!host.signal.aborted) tellProblem(host, reason, 'E_NET');
  return { isReached: false, exitCode: null };
}

function headText({ log, treeSize, timestampMs }: SeenHead): string {
  return `${safe(log)} size ${treeSize} at ${timeText(timestampMs)}`;
}

function tell({ host, options }: Watch, line: string): void {
  if (options.look.amount !== 'problems') tellLines(host, options.look, [line]);
}

function defaultStateFile(host: Host): string {
  const trust = ownTrustPath(host.env);
  if (trust !== null) return join(dirname(trust), 'watch.json');
  throw new UsageError('E_USAGE', 'no place for the state is known here; name a file with --state');
}
