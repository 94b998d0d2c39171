/** A large run in several threads gives what one thread gives, in the same order. @module */
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeLog } from './support/make-proof.ts';
import { MAIN, makeFolder, plainEnv, runCli, runProcess } from './support/run-cli.ts';

const LOG = makeLog(1, [{}, {}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];
const COUNT = 10_400;

function lines(): string {
  const good = JSON.stringify(LOG.proof(0));
  const bad = JSON.stringify({ ...LOG.proof(1), leaf_hash: '00'.repeat(32) });
  const other = JSON.stringify(makeLog(2, [{}]).proof(0));
  return Array.from({ length: COUNT }, (_, i) => [good, bad, other, '{'][i % 4] ?? '')
    .map((line) => `${line}\n`)
    .join('');
}

describe('a run of thousands', () => {
  it('is the same in one thread and in all, line by line', async () => {
    const folder = makeFolder({ 'p.ndjson': lines() });
    const shared = await runCli(['p.ndjson', '--json=lines', ...KEY], { cwd: folder });
    // What cannot be started from a file has no threads of its own.
    const source = `process.argv.splice(1, 0, 'none'); import(${JSON.stringify(pathToFileURL(MAIN).href)})`;
    const alone = await runProcess(
      process.execPath,
      ['--input-type=module', '-e', source, 'p.ndjson', '--json=lines', ...KEY],
      { cwd: folder, env: plainEnv() },
    );
    expect(shared.code).toBe(1);
    expect(alone.code).toBe(1);
    const results = (text: string) => text.trimEnd().split('\n').slice(0, -1);
    expect(results(shared.stdout)).toHaveLength(COUNT);
    expect(results(shared.stdout)).toEqual(results(alone.stdout));
  });

  it('counts what every thread found', async () => {
    const folder = makeFolder({ 'p.ndjson': lines() });
    const run = await runCli(['p.ndjson', '-q', ...KEY], { cwd: folder });
    expect(run.stdout.trimEnd().split('\n').at(-1)).toMatch(
      /Checked 10400 proofs from 1 file in .*: 2600 verified, 2600 invalid, 2600 malformed, 2600 untrusted\. 2 tree heads\./,
    );
  });
});
