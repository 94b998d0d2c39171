/** `kapsel-server logs create|list`: a tenant's own log from one command. @module */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseVkey } from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { UsageError } from '../../src/commands/command.ts';
import { createLogCommand, listLogsCommand } from '../../src/commands/logs.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import { findLogOfTenant, haltLog } from '../../src/logs/store.ts';
import { insertTenant } from '../../src/tenants/store.ts';
import { type Bench, openBench, START_MS } from '../support/log-bench.ts';
import { runCommand } from '../support/run-command.ts';

let bench: Bench;
let folder: string;
let env: Record<string, string>;
const tenantId = newId<'tenant'>(START_MS);
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-logs-command-'));
  env = { DATABASE_URL: bench.connectionString, KAPSEL_DATA: folder };
  await insertTenant(bench.pool, tenantId, 'acme');
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

const WISH = ['--tenant', tenantId, '--name', 'acme', '--origin', 'log.acme.test/1'];

describe('logs create', () => {
  it('makes a log with its own key, and says what verifiers need', async () => {
    const answer = (await runCommand(createLogCommand, [...WISH, '--json'], env)).json();
    expect(answer).toMatchObject({ log: 'log.acme.test/1', name: 'acme', is_public: false });
    expect(parseVkey(String(answer.vkey), 'log').name).toBe('log.acme.test/1');
    expect(await readdir(join(folder, 'keys'))).toEqual([`${answer.key_id}.pem`]);
    expect(await findLogOfTenant(bench.pool, tenantId)).toMatchObject({ name: 'acme' });
  });

  it('makes a public one when told to', async () => {
    const other = newId<'tenant'>(START_MS);
    await insertTenant(bench.pool, other, 'open');
    const words = ['--tenant', other, '--name', 'open', '--origin', 'log.open.test/1', '--public'];
    const { lines } = await runCommand(createLogCommand, words, env);
    expect(lines.join('\n')).toContain('public');
    expect(await findLogOfTenant(bench.pool, other)).toMatchObject({ isPublic: true });
  });

  it.each([
    ['the same again', WISH],
    ['no tenant', WISH.slice(2)],
    ['a tenant that is no id', WISH.with(1, 'acme')],
    ['a tenant that is not there', WISH.with(1, newId(START_MS))],
    ['a name that is none', WISH.with(3, 'Acme Inc')],
  ])('refuses %s', async (_what, words) => {
    await expect(runCommand(createLogCommand, words, env)).rejects.toThrow(UsageError);
  });
});

describe('logs list', () => {
  it('shows sizes, keys and owners, the shared log first', async () => {
    const shared = await ensureSharedLog(bench.pool, 'log.kapsel.test/shared', START_MS);
    await haltLog(bench.pool, shared.id, 'a test');
    const logs = (await runCommand(listLogsCommand, ['--json'], env)).json() as unknown as object[];
    expect(logs[0]).toMatchObject({
      name: 'shared',
      tenant_id: null,
      tree_size: 0,
      key_id: null,
      halted_reason: 'a test',
    });
    expect(logs).toContainEqual(expect.objectContaining({ name: 'acme', tenant_id: tenantId }));
    const { lines } = await runCommand(listLogsCommand, [], env);
    expect(lines).toHaveLength(2 * logs.length);
    expect(lines.join('\n')).toContain('HALTED: a test');
  });
});
