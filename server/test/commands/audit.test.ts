/** `kapsel-server audit`: what it says, and its exit codes. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/base/config.ts';
import { auditCommand } from '../../src/commands/audit.ts';
import { parseCommand, UsageError } from '../../src/commands/command.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let one: WrittenLog;
let two: WrittenLog;
beforeAll(async () => {
  bench = await openBench();
  one = await writeLog(bench.pool, { leaves: 300, headEvery: 100 });
  two = await writeLog(bench.pool, { leaves: 20, headEvery: 7 });
});
afterAll(() => bench.close());

interface Run {
  readonly code: number | undefined;
  readonly printed: readonly string[];
  readonly shown: readonly string[];
}

async function run(args: readonly string[]): Promise<Run> {
  const config = readConfig({ DATABASE_URL: bench.connectionString });
  const parsed = parseCommand(['audit', ...args], [auditCommand]);
  if (parsed.kind !== 'run') throw new Error('help was not asked for');
  const [printed, shown]: [string[], string[]] = [[], []];
  const context = {
    config,
    print: (line: string) => void printed.push(line),
    note: () => undefined,
    progress: (text: string) => void shown.push(text),
  };
  return { code: await auditCommand.run(context, parsed.input), printed, shown };
}

describe('kapsel-server audit', () => {
  it('says of each log what was checked, and exits with 0', async () => {
    const { code, printed } = await run([]);
    expect(code).toBe(0);
    expect(printed).toHaveLength(2);
    expect(printed.join('\n')).toContain(
      `log ${one.log.name} (${one.log.origin}) of size 300: 300 leaves, 3 heads, 300 bodies checked: no contradiction`,
    );
  });

  it('takes one log, a size to begin at, and speaks JSON', async () => {
    const { code, printed } = await run(['--log', one.log.name, '--from', '299', '--json']);
    expect(code).toBe(0);
    expect(printed.map((line) => JSON.parse(line))).toEqual([
      {
        report: {
          log: one.log.name,
          origin: one.log.origin,
          fromSize: 256,
          treeSize: 300,
          checkedLeaves: 44,
          leavesWithoutText: 0,
          checkedHeads: 1,
          checkedBodies: 44,
          contradictions: 0,
        },
      },
    ]);
    const text = await run(['--log', one.log.name, '--from', '299']);
    expect(text.printed.join('\n')).toContain('below size 256 was not looked at');
  });

  it('shows progress', async () => {
    const { shown } = await run(['--log', one.log.name]);
    expect(shown.some((text) => text.startsWith(`${one.log.name}: `))).toBe(true);
    expect(shown.at(-1)).toBe('');
  });

  it('prints a line for each contradiction and exits with 1', async () => {
    const undo = await tamper(
      bench.pool,
      `UPDATE merkle_leaves SET leaf_data = leaf_data || ' ' WHERE log_id = $1 AND leaf_index IN (3, 5)`,
      [two.log.id],
    );
    const { code, printed } = await run([]);
    expect(code).toBe(1);
    expect(
      printed.filter((line) => line.startsWith('merkle_leaves.leaf_data of log')),
    ).toHaveLength(2);
    expect(printed.join('\n')).toMatch(
      /at index 3: want a text with hash [0-9a-f]{64}, got [0-9a-f]{64}\n/,
    );
    expect(printed.join('\n')).toContain('20 bodies checked: 2 contradictions'.replace('20', '18'));
    const json = await run(['--json', '--log', two.log.name]);
    expect(json.printed.slice(0, 2).map((line) => JSON.parse(line).contradiction.at)).toEqual([
      'index 3',
      'index 5',
    ]);
    expect((await run(['--log', one.log.name])).code).toBe(0);
    await undo();
  });

  it.each([
    ['an unknown log', ['--log', 'no-such-log']],
    ['a size that is none', ['--from=-1']],
    ['a size with a unit', ['--from', '10k']],
    ['an unknown option', ['--fast']],
    ['a stray word', ['shared']],
  ])('refuses %s', async (_name, args) => {
    await expect(run(args)).rejects.toThrow(UsageError);
  });
});
