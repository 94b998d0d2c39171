/** `kapsel-server logs halt|resume`: who stops a log, what must be shown before it goes on, and what is recorded. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sequence } from '../../src/attestation/sequence.ts';
import { UsageError } from '../../src/commands/command.ts';
import { haltLogCommand, resumeLogCommand } from '../../src/commands/halt-logs.ts';
import { endHalt, findHalt, listEndedHalts } from '../../src/logs/halt-store.ts';
import { getTreeState, haltLog } from '../../src/logs/store.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { runCommand } from '../support/run-command.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let written: WrittenLog;
let env: Record<string, string>;
beforeAll(async () => {
  bench = await openBench();
  env = { DATABASE_URL: bench.connectionString };
});
afterAll(() => bench.close());
beforeEach(async () => {
  written = await writeLog(bench.pool, { leaves: 20, headEvery: 10, waiting: 3 });
});

const run = (command: typeof haltLogCommand, ...words: string[]) =>
  runCommand(command, ['--log', written.log.name, ...words], env);
const haltedReason = async (): Promise<string | null> =>
  (await getTreeState(bench.pool, written.log.id)).haltedReason;

describe('logs halt', () => {
  it('lets the log stand still with its reason, and keeps the first one', async () => {
    const answer = (await run(haltLogCommand, '--reason', 'moving', '--json')).json();
    expect(answer).toMatchObject({ name: written.log.name, halted: true, reason: 'moving' });
    await expect(sequence(bench.pool, written.log)).rejects.toMatchObject({
      name: 'LogHaltedError',
    });
    const again = (await run(haltLogCommand, '--reason', 'other', '--json')).json();
    expect(again).toMatchObject({ halted: false, reason: 'moving' });
    expect(await haltedReason()).toBe('moving');
  });

  it.each([[[]], [['--reason', '  ']], [['--reason', 'x'.repeat(1_001)]]])(
    'refuses %j',
    async (words) => {
      await expect(run(haltLogCommand, ...words)).rejects.toThrow(UsageError);
      expect(await haltedReason()).toBeNull();
    },
  );
});

describe('logs resume', () => {
  it('audits the whole log, lets it go on, and records both', async () => {
    await haltLog(bench.pool, written.log.id, 'a leaf was changed');
    const { code, json } = await run(resumeLogCommand, '--json');
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      resumed: true,
      was_halted_for: 'a leaf was changed',
      audited_size: 20,
    });
    expect(await haltedReason()).toBeNull();
    expect(await listEndedHalts(bench.pool, written.log.id)).toMatchObject([
      { haltedReason: 'a leaf was changed', auditedSize: 20, reason: null },
    ]);
    expect(await sequence(bench.pool, written.log)).toMatchObject({ added: 3 });
  });

  it('leaves a log halted that contradicts itself, and says where', async () => {
    await haltLog(bench.pool, written.log.id, 'a leaf was changed');
    await tamper(
      bench.pool,
      `UPDATE merkle_leaves SET leaf_data = leaf_data || ' ' WHERE log_id = $1 AND leaf_index = 7`,
      [written.log.id],
    );
    const { code, lines } = await run(resumeLogCommand, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(lines[0] ?? '').contradiction).toMatchObject({
      where: 'merkle_leaves.leaf_data',
    });
    expect(await haltedReason()).toBe('a leaf was changed');
    expect(await listEndedHalts(bench.pool, written.log.id)).toEqual([]);
  });

  it('goes on without an audit on an operator’s word, which is recorded', async () => {
    await haltLog(bench.pool, written.log.id, 'a witness lied');
    const { lines } = await run(resumeLogCommand, '--reason', 'witness taken out');
    expect(lines.join('\n')).toContain('without an audit');
    expect(await listEndedHalts(bench.pool, written.log.id)).toMatchObject([
      { haltedReason: 'a witness lied', auditedSize: null, reason: 'witness taken out' },
    ]);
  });

  it('refuses a log that is not halted', async () => {
    await expect(run(resumeLogCommand)).rejects.toThrow(UsageError);
  });

  it('does not end a halt that came meanwhile for another reason', async () => {
    await haltLog(bench.pool, written.log.id, 'second');
    const grounds = { auditedSize: 20, reason: null };
    expect(await endHalt(bench.pool, written.log.id, 'first', grounds)).toBe(false);
    expect(await findHalt(bench.pool, written.log.id)).toMatchObject({ reason: 'second' });
    expect(await listEndedHalts(bench.pool, written.log.id)).toEqual([]);
  });

  it('by two at once is recorded once', async () => {
    await haltLog(bench.pool, written.log.id, 'twice');
    const grounds = { auditedSize: null, reason: 'looked' };
    const ends = await Promise.all(
      [1, 2, 3].map(() => endHalt(bench.pools.api, written.log.id, 'twice', grounds)),
    );
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect(await listEndedHalts(bench.pool, written.log.id)).toHaveLength(1);
  });
});
