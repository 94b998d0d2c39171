/** A hundred thousand leaves are audited by a process whose memory does not follow the size of the log. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import build from '../../../test/support/build-global-setup.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

const CHILD = fileURLToPath(new URL('../support/audit-child.mjs', import.meta.url));
const MIB = 1024 * 1024;

let bench: Bench;
let small: WrittenLog;
let large: WrittenLog;
beforeAll(async () => {
  build();
  bench = await openBench();
  small = await writeLog(bench.pool, { leaves: 5_000, headEvery: 1_000 });
  large = await writeLog(bench.pool, {
    leaves: 100_000,
    headEvery: 5_000,
    waiting: 10,
    rotateAt: 70_000,
  });
}, 300_000);
afterAll(() => bench.close());

interface Result {
  readonly report: { readonly checkedLeaves: number; readonly contradictions: number };
  readonly mostRssBytes: number;
}

async function auditInChild({ log }: WrittenLog): Promise<Result> {
  const child = spawn(process.execPath, [CHILD, bench.connectionString, log.name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return JSON.parse(text) as Result;
}

it('checks 100,000 leaves within a bound', async () => {
  const [few, many] = [await auditInChild(small), await auditInChild(large)];
  expect(few.report).toMatchObject({ checkedLeaves: 5_000, contradictions: 0 });
  expect(many.report).toMatchObject({ checkedLeaves: 100_001, contradictions: 0 });
  // Twenty times the leaves, and 70 MB more of their texts alone.
  expect(many.mostRssBytes - few.mostRssBytes).toBeLessThan(60 * MIB);
  expect(many.mostRssBytes).toBeLessThan(300 * MIB);
  const undo = await tamper(
    bench.pool,
    'UPDATE merkle_tiles SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1) WHERE log_id = $1 AND level = 2',
    [large.log.id],
  );
  const changed = await auditInChild(large);
  await undo();
  expect(changed.report.contradictions).toBeGreaterThan(0);
});
