/** The checker: what it tells, in which order, and what it no longer says when a newer run has begun. @module */
import { describe, expect, it } from 'vitest';
import type { Ask, Numbered, Tell } from '../src/check-protocol.ts';
import { CheckSession } from '../src/check-session.ts';
import type { Terms } from '../src/grounds.ts';
import { RUN_LIMITS, type Source } from '../src/item.ts';
import { readKeyText } from '../src/trusted-keys.ts';
import { craftPackage } from './support/craft-package.ts';

const good = craftPackage();
const reading = readKeyText(good.publicKeyHex);
const nowMs = Date.UTC(2026, 5, 1);
const TOOL = { name: 'test', version: '0.0.0', commit: null, runtime: 'none' };
const NOBODY: Terms = { keys: [], headers: [], nowMs };
const PINNED: Terms = { keys: reading.kind === 'key' ? [reading.key] : [], headers: [], nowMs };

describe('the check session', () => {
  it('tells every result once, in order, and then that it is done', async () => {
    const { take, told } = open();
    await take(1, { kind: 'check', sources: [lines(5)], terms: PINNED });
    expect(resultsOf(told)).toEqual([1, 2, 3, 4, 5].map((id) => [id, 'verified']));
    expect(told.at(-1)?.message).toEqual({
      kind: 'done',
      end: { isCut: false, isCancelled: false, skippedFiles: 0 },
    });
  });

  it('judges again what it has read, under other keys', async () => {
    const { take, told } = open();
    await take(1, { kind: 'check', sources: [lines(2)], terms: NOBODY });
    told.length = 0;
    await take(2, { kind: 'judge', terms: PINNED });
    expect(resultsOf(told)).toEqual([
      [1, 'verified'],
      [2, 'verified'],
    ]);
  });

  it('shows one item whole, and nothing for an id that it does not know', async () => {
    const { take, told } = open();
    await take(1, { kind: 'check', sources: [lines(2)], terms: PINNED });
    told.length = 0;
    await take(1, { kind: 'show', id: 2, terms: PINNED });
    await take(1, { kind: 'show', id: 3, terms: PINNED });
    expect(told).toMatchObject([
      { run: 1, message: { kind: 'finding', finding: { item: { id: 2 }, verdict: 'verified' } } },
    ]);
  });

  it('stops at a cancel, tells what it found, and still knows what it read', async () => {
    const { session, found } = await cancelled();
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(50);
    expect(session.told.at(-1)?.message).toMatchObject({ end: { isCancelled: true } });
    session.told.length = 0;
    await session.take(2, { kind: 'judge', terms: PINNED });
    expect(resultsOf(session.told).length).toBe(50);
    expect(session.told.at(-1)?.message).toMatchObject({ end: { isCancelled: false } });
  });

  it('says nothing more of an older run', async () => {
    const session = open({ isSlow: true });
    const older = session.take(1, { kind: 'check', sources: [lines(50)], terms: PINNED });
    await session.until(({ message }) => message.kind === 'results');
    const newer = session.take(2, { kind: 'check', sources: [lines(1)], terms: PINNED });
    await Promise.all([older, newer]);
    const from = session.told.findIndex(({ run }) => run === 2);
    expect(session.told.slice(from).every(({ run }) => run === 2)).toBe(true);
    expect(resultsOf(session.told.slice(from))).toEqual([[1, 'verified']]);
  });

  it('says how far it is, and that more was given than one run takes', async () => {
    const { take, told } = open({ isSlow: true, items: 20 });
    await take(1, { kind: 'check', sources: [lines(30)], terms: PINNED });
    const phases = told.flatMap(({ message }) =>
      message.kind === 'progress' ? [message.progress] : [],
    );
    expect(phases.some(({ phase, total }) => phase === 'reading' && total === null)).toBe(true);
    expect(phases.some(({ phase, total }) => phase === 'checking' && total === 20)).toBe(true);
    expect(told.at(-1)?.message).toMatchObject({ end: { isCut: true } });
  });
});

describe('the report of a run', () => {
  async function reportOf(session: ReturnType<typeof open>, without: readonly number[] = []) {
    await session.take(1, { kind: 'report', tool: TOOL, without, terms: PINNED });
    const last = session.told.at(-1)?.message;
    return JSON.parse(last?.kind === 'report' ? await last.file.text() : 'null');
  }

  it('is of all that was checked, but for what is left out', async () => {
    const session = open();
    const sources = [lines(3), { name: 'empty.ndjson', blob: new Blob(['\n']), isListed: false }];
    await session.take(1, { kind: 'check', sources, terms: PINNED });
    const report = await reportOf(session);
    expect(report).toMatchObject({ tool: TOOL, complete: true, verdict: 'error', exit_code: 3 });
    expect(report.summary).toMatchObject({ inputs: 2, files: 2, proofs: 4, verified: 3, error: 1 });
    expect((await reportOf(session, [4])).summary).toMatchObject({ proofs: 3, error: 0 });
  });

  it('is of what was checked before a cancel, and says that it is not complete', async () => {
    const { session, found } = await cancelled();
    const report = await reportOf(session);
    expect(report).toMatchObject({ complete: false, exit_code: 130, summary: { proofs: found } });
  });

  it('is not told when another run has begun', async () => {
    const session = open({ isSlow: true });
    await session.take(1, { kind: 'check', sources: [lines(50)], terms: PINNED });
    const writing = session.take(1, { kind: 'report', tool: TOOL, without: [], terms: PINNED });
    await session.take(2, { kind: 'judge', terms: NOBODY });
    await writing;
    expect(session.told.some(({ message }) => message.kind === 'report')).toBe(false);
  });
});

/** A session on a clock that goes on by 5 ms at each look, or stands still. */
function open({ isSlow = false, items = RUN_LIMITS.items } = {}) {
  const told: Numbered<Tell>[] = [];
  const waiting: { is: (each: Numbered<Tell>) => boolean; go: () => void }[] = [];
  let timeMs = 0;
  const session = new CheckSession({
    limits: { ...RUN_LIMITS, items },
    tell: (numbered) => {
      told.push(numbered);
      for (const each of waiting) if (each.is(numbered)) each.go();
    },
    monotonicMs: () => {
      timeMs += isSlow ? 5 : 0;
      return timeMs;
    },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
  });
  return {
    told,
    take: (run: number, message: Ask) => session.take({ run, message }),
    until: (is: (each: Numbered<Tell>) => boolean) =>
      new Promise<void>((go) => waiting.push({ is, go })),
  };
}

/** A run of 50 packages that was cancelled when some of them were checked. */
async function cancelled() {
  const session = open({ isSlow: true });
  const running = session.take(1, { kind: 'check', sources: [lines(50)], terms: PINNED });
  await session.until(({ message }) => message.kind === 'results');
  await session.take(1, { kind: 'cancel' });
  await running;
  return { session, found: resultsOf(session.told).length };
}

function resultsOf(told: readonly Numbered<Tell>[]) {
  return told.flatMap(({ message }) =>
    message.kind === 'results' ? message.results.map(({ id, verdict }) => [id, verdict]) : [],
  );
}

function lines(count: number): Source {
  const line = `${JSON.stringify(JSON.parse(good.text))}\n`;
  const blob = new Blob([line.repeat(count)]);
  return { name: 'many.ndjson', blob, isListed: false };
}
