/** `kapsel-server doctor` on an installation that is well, and on one that is broken in each way it knows of. @module */
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../../../test/support/parts.ts';
import { readConfig } from '../../src/base/config.ts';
import type { Finding } from '../../src/commands/doctor/finding.ts';
import { doctorCommand } from '../../src/commands/doctor.ts';
import { makeInstallation, type StoppedInstallation } from '../support/installation.ts';
import { runCommand } from '../support/run-command.ts';
import { openWitness } from '../support/witness.ts';
import { policyText } from '../support/witness-policy.ts';

const ALL_CHECKS = [
  'settings',
  'program',
  'disk',
  'egress',
  'witnesses',
  'database',
  'durability',
  'role',
  'clock',
  'schema',
  'keys',
  'secrets',
  'logs',
  'head-store',
  'partitions',
  'deliveries',
  'endpoints',
  'vitals',
];

let site: StoppedInstallation;
let scratch: string;
beforeAll(async () => {
  site = await makeInstallation();
  scratch = await mkdtemp(join(tmpdir(), 'kapsel-doctor-'));
});
afterAll(async () => {
  await site.remove();
  await rm(scratch, { recursive: true, force: true });
});

interface Examination {
  readonly code: number;
  readonly findings: readonly Finding[];
  /** Of one check, as `status code`. */
  of(check: string): string[];
}

async function examine(
  change: Readonly<Record<string, string>> = {},
  ...words: string[]
): Promise<Examination> {
  const end = await runCommand(doctorCommand, ['--json', ...words], { ...site.env, ...change });
  const { ok, findings } = end.json() as { ok: boolean; findings: Finding[] };
  const failed = findings.filter(({ status }) => status === 'fail');
  expect([ok, end.code]).toEqual(failed.length === 0 ? [true, 0] : [false, 1]);
  for (const { status, next, message } of findings) {
    expect(message).not.toBe('');
    expect(next === null).toBe(status === 'ok' || status === 'skip');
  }
  return {
    code: end.code,
    findings,
    of: (check) =>
      findings
        .filter((each) => each.check === check)
        .map(({ status, code }) => `${status} ${code}`),
  };
}

/** Breaks the database, looks, mends it. */
function examineAfter(change: string, undo: string): Promise<Examination> {
  return site.whileChanged(change, undo, () => examine());
}

describe('on a whole installation without a server', () => {
  it('looks at everything, and warns of what is set for trying', async () => {
    const { code, findings } = await examine();
    expect(code).toBe(0);
    expect([...new Set(findings.map(({ check }) => check))]).toEqual(ALL_CHECKS);
    const unwell = findings.filter(({ status }) => status !== 'ok');
    expect(unwell.map(({ check, code: what }) => `${check} ${what}`)).toEqual([
      'settings unsafe-durability',
      'egress loopback-open',
      'egress http-allowed',
      'durability not-durable',
      'role too-mighty',
      'deliveries no-server',
    ]);
  });

  it('changes nothing', async () => {
    const rows = (): Promise<unknown> =>
      site.sql(
        'SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY 1',
      );
    const [before, files] = [await rows(), await readdir(site.folder, { recursive: true })];
    await examine();
    expect(await rows()).toEqual(before);
    expect(await readdir(site.folder, { recursive: true })).toEqual(files);
  });

  it('speaks to people in columns, one line and what to do next', async () => {
    const { lines } = await runCommand(doctorCommand, [], site.env);
    const text = lines.join('\n');
    expect(text).toMatch(/^ok {4}schema {6}/m);
    expect(text).toMatch(/^warn {2}deliveries {2}.*\n {18}next: kapsel-server serve/m);
    expect(text).toMatch(/\n0 failed, 6 to look at, \d+ ok$/);
  });
});

describe('settings', () => {
  it('that cannot be read are findings, each by itself', () => {
    const lines: string[] = [];
    let error: unknown;
    try {
      readConfig({ KAPSEL_PROT: '1', KAPSEL_PORT: 'high' });
    } catch (caught) {
      error = caught;
    }
    const input = { text: () => null, demand: () => '', flag: () => true, args: [] };
    const print = (line: string): void => void lines.push(line);
    expect(doctorCommand.runMisconfigured?.(error as never, print, input)).toBe(1);
    const { ok, findings } = JSON.parse(lines.join(''));
    expect(ok).toBe(false);
    expect(findings.map((each: Finding) => each.message.split(' ')[0])).toEqual([
      'KAPSEL_PORT',
      'KAPSEL_PROT',
    ]);
  });

  it('that do not fit are all told, and the rest is looked at', async () => {
    const { of } = await examine({
      KAPSEL_EGRESS_ALLOW: 'nonsense',
      KAPSEL_WITNESS_POLICY: join(scratch, 'none'),
    });
    expect(of('settings')).toEqual(['fail invalid', 'fail invalid']);
    expect([of('witnesses'), of('egress'), of('endpoints')]).toEqual([
      ['skip skipped'],
      ['skip skipped'],
      ['skip skipped'],
    ]);
    expect(of('schema')).toEqual(['ok ok']);
  });

  it('that open the machine to tenants are warned of', async () => {
    expect((await examine({ KAPSEL_EGRESS_ALLOW: '0.0.0.0/0' })).of('egress')).toContain(
      'warn metadata-open',
    );
    const { of } = await examine({ KAPSEL_EGRESS_ALLOW: '10.1.0.0/16', KAPSEL_ALLOW_HTTP: '0' });
    expect(of('egress')).toEqual(['ok ok']);
    // The endpoint that was made under the former rules.
    expect(of('endpoints')).toEqual(['warn refused']);
  });
});

describe.skipIf(!part('tmpfs'))('a disk', () => {
  it.each([
    ['50m', 'fail full'],
    ['500m', 'warn low'],
  ])('of %s is told', async (size, finding) => {
    const place = join(scratch, `disk-${size}`);
    await mkdir(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]);
    try {
      const { of } = await examine({ KAPSEL_HEAD_STORE: join(place, 'heads') });
      expect(of('disk')).toEqual([finding]);
    } finally {
      execFileSync('umount', [place]);
    }
  });
});

describe('a database', () => {
  it('that is not there is one failure, without the password, and all that needs it is left out', async () => {
    const port = await freePort();
    const { findings, of } = await examine({
      DATABASE_URL: `postgresql://kapsel:hunter2@127.0.0.1:${port}/kapsel`,
    });
    expect(of('database')).toEqual(['fail unreachable']);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
    expect(findings.filter(({ status }) => status === 'skip')).toHaveLength(12);
    expect(of('disk')).toEqual(['ok ok']);
  });

  it('that was never made is not made by looking', async () => {
    const folder = join(scratch, 'empty');
    const { of, code } = await examine({ DATABASE_URL: '', KAPSEL_DATA: folder });
    expect([code, of('database'), of('keys')]).toEqual([0, ['warn none'], ['skip skipped']]);
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that takes no writes is a failure', async () => {
    const name = new URL(site.connectionString).pathname.slice(1);
    const { of } = await examineAfter(
      `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
      `ALTER DATABASE ${name} RESET default_transaction_read_only`,
    );
    expect(of('database')).toEqual(['fail read-only']);
  });

  it('that forgets what it committed is a failure, unless that is wanted', async () => {
    const { of } = await examine({ KAPSEL_UNSAFE_DURABILITY: '0' });
    expect(of('durability')).toEqual(['fail not-durable']);
  });

  it('in which our role may nothing is a failure', async () => {
    const role = `kapsel_test_${process.pid}_doctor`;
    await site.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await site.sql('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    try {
      const url = new URL(site.connectionString);
      [url.username, url.password] = [role, 'x'];
      const { of } = await examine({ DATABASE_URL: url.href });
      expect(of('role')).toEqual(['fail rights', 'fail no-create']);
    } finally {
      await site.sql(`DROP ROLE ${role}`);
    }
  });
});

describe('a schema', () => {
  const NEWEST = '(SELECT max(version) FROM schema_migrations)';

  it('that lacks the newest migration is a failure, and our tables are left alone', async () => {
    const [row] = await site.sql<{ version: number; name: string; checksum: Buffer }>(
      `DELETE FROM schema_migrations WHERE version = ${NEWEST} RETURNING version, name, checksum`,
    );
    const { of } = await examine();
    await site.sql('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
      row?.version,
      row?.name,
      row?.checksum,
    ]);
    expect(of('schema')).toEqual(['fail behind']);
    expect(of('keys')).toEqual(['skip skipped']);
  });

  it('of a newer program, or with a changed file, is a failure', async () => {
    const newer = await examineAfter(
      "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_later.sql', '\\x00')",
      'DELETE FROM schema_migrations WHERE version = 9999',
    );
    expect(newer.of('schema')).toEqual(['fail foreign']);
    const changed = await examineAfter(
      "UPDATE schema_migrations SET checksum = checksum || '\\x00' WHERE version = 1",
      'UPDATE schema_migrations SET checksum = substring(checksum FOR 32) WHERE version = 1',
    );
    expect(changed.of('schema')).toEqual(['fail foreign']);
  });
});

describe('keys', () => {
  const keyFile = (): string => join(site.folder, 'log-signing-key.pem');

  it('that are gone, readable by others or another are failures', async () => {
    await rename(keyFile(), join(scratch, 'key.pem'));
    expect((await examine()).of('keys')).toEqual(['fail missing']);
    await copyFile(join(scratch, 'key.pem'), keyFile());
    await chmod(keyFile(), 0o644);
    expect((await examine()).of('keys')).toEqual(['fail unusable']);
    await rm(keyFile());
    await rename(join(scratch, 'key.pem'), keyFile());
    expect((await examine()).of('keys')).toEqual(['ok ok']);
  });

  it('without an active one wait for the end of a rotation', async () => {
    const { of } = await examineAfter(
      "UPDATE attestation_keys SET state = 'announced'",
      "UPDATE attestation_keys SET state = 'active'",
    );
    expect(of('keys')).toEqual(['fail rotation-unfinished']);
  });

  it('of sealed secrets that are gone or another are failures', async () => {
    const other = Buffer.alloc(32, 7).toString('base64');
    expect((await examine({ KAPSEL_SECRET_KEY: other })).of('secrets')).toEqual(['fail other-key']);
    const file = join(site.folder, 'secret-key');
    await rename(file, join(scratch, 'secret-key'));
    expect((await examine()).of('secrets')).toEqual(['fail missing']);
    await writeFile(file, 'nonsense\n', { mode: 0o600 });
    expect((await examine()).of('secrets')).toEqual(['fail unusable']);
    await rename(join(scratch, 'secret-key'), file);
    expect((await examine()).of('secrets')).toEqual(['ok ok']);
  });
});

describe('logs and published heads', () => {
  it('that are halted, or wait for a head, are failures', async () => {
    const halted = await examineAfter(
      "UPDATE logs SET halted_at = now(), halted_reason = 'a test'",
      'UPDATE logs SET halted_at = NULL, halted_reason = NULL',
    );
    expect(halted.of('logs')).toEqual(['fail halted']);
    const longAgo = Date.now() - 24 * 3_600_000;
    const [row] = await site.sql<{ ms: string }>(
      'SELECT max(timestamp_ms) AS ms FROM signed_tree_heads',
    );
    const shift = Number(row?.ms) - longAgo;
    const old = await examineAfter(
      `UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms - ${shift}`,
      `UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms + ${shift}`,
    );
    expect(old.of('logs')).toEqual(['warn old-head']);
    const future = await examineAfter(
      `UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms + ${shift}`,
      `UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms - ${shift}`,
    );
    expect(future.of('logs')).toEqual(['warn future-head']);
    const unsigned = await examineAfter(
      `UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms - ${shift}; UPDATE logs SET tree_size = 2`,
      `UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms + ${shift}; UPDATE logs SET tree_size = 1`,
    );
    expect(unsigned.of('logs')).toEqual(['fail unsigned']);
  });

  it('that the database is behind are a failure: it was set back', async () => {
    const [log] = await site.sql<{ id: string; right_edge: Buffer }>(
      'SELECT id, right_edge FROM logs',
    );
    const edge = log?.right_edge.toString('hex');
    const { of } = await examineAfter(
      "UPDATE logs SET tree_size = 0, right_edge = ''",
      `UPDATE logs SET tree_size = 1, right_edge = '\\x${edge}'`,
    );
    expect(of('head-store')).toEqual(['fail behind']);
  });

  it('that are damaged, gone or not there at all are told apart', async () => {
    const heads = join(site.folder, 'heads');
    const [name = ''] = (await readdir(heads)).filter((each) => each.endsWith('.json'));
    await rename(join(heads, name), join(scratch, name));
    expect((await examine()).of('head-store')).toEqual(['warn empty']);
    await writeFile(join(heads, name), '{}');
    expect((await examine()).of('head-store')).toEqual(['fail damaged']);
    await rename(join(scratch, name), join(heads, name));
    const other = await examine({ KAPSEL_HEAD_STORE: join(scratch, 'no-heads') });
    expect(other.of('head-store')).toEqual(['fail missing']);
    const away = await examine({
      KAPSEL_HEAD_STORE: 's3://bucket/heads',
      KAPSEL_S3_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      KAPSEL_S3_PATH_STYLE: '1',
      KAPSEL_S3_ACCESS_KEY_ID: 'id',
      KAPSEL_S3_SECRET_ACCESS_KEY: 'secret',
    });
    expect(away.of('head-store')).toEqual(['fail unreachable']);
  });
});

describe('traffic', () => {
  it('for which months run out is a failure', async () => {
    const months = await site.sql<{ name: string; bound: string }>(
      `SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
         FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'merkle_leaves'::regclass `,
    );
    const { of } = await examineAfter(
      months.map(({ name }) => `ALTER TABLE merkle_leaves DETACH PARTITION ${name}`).join(';'),
      months
        .map(({ name, bound }) => `ALTER TABLE merkle_leaves ATTACH PARTITION ${name} ${bound}`)
        .join(';'),
    );
    expect(of('partitions')).toEqual(['fail short']);
  });

  it.each([
    [60, 'warn late'],
    [3_600, 'fail late'],
  ])('that waits for %i s is told', async (seconds, finding) => {
    const { of } = await examineAfter(
      `INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at)
       SELECT id, endpoint_id, tenant_id, now() - interval '${seconds} seconds' FROM webhook_events`,
      'DELETE FROM delivery_queue',
    );
    expect(of('deliveries')).toContain(finding);
  });
});

describe('witnesses', () => {
  it('are asked with --online alone', async () => {
    const witness = await openWitness('a.example');
    const policy = join(scratch, 'policy');
    await writeFile(policy, policyText([witness], 1));
    const env = { KAPSEL_WITNESS_POLICY: policy };
    expect((await examine(env, '--online')).of('witnesses')).toEqual(['ok ok']);
    await witness.close();
    expect((await examine(env)).of('witnesses')).toEqual(['ok ok']);
    expect((await examine(env, '--online')).of('witnesses')).toEqual(['warn unreachable']);
  });
});

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
