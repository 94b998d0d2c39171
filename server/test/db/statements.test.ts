/** Every statement of every store: known to the migrated schema, a constant, and bound to one tenant. @module */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { rolesRunning } from '../support/statement-roles.ts';
import { readQueryArguments, readStatements, type Statement } from '../support/statements.ts';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

/** Rows of a tenant, or of an event that is a tenant's. */
const TENANT_TABLES = [
  'endpoints',
  'webhook_events',
  'event_payloads',
  'delivery_attempts',
  'delivery_queue',
  'merkle_leaves',
  'pending_leaves',
  'api_keys',
  'share_links',
  'endpoint_signatures',
  'endpoint_credentials',
  'endpoint_signing_secrets',
  'idempotency_keys',
  'endpoint_circuits',
  'replays',
];

/** Statements that ask for no tenant, and why they may. */
const WITHOUT_TENANT: Readonly<Record<string, string>> = {
  FIND_CALLER: 'answers which tenant a key belongs to',
  FIND_INDEX: 'leaf hashes are public, and nothing but the index is answered',
  FIND_INDEXES: 'leaf hashes are public, and nothing but indexes is answered',
  IS_PENDING: 'leaf hashes are public, and nothing but yes or no is answered',
};

interface StoreFile {
  readonly file: string;
  readonly source: string;
  readonly statements: readonly Statement[];
}

let stores: StoreFile[];
let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  stores = await readStores();
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function readStores(): Promise<StoreFile[]> {
  const files = await readdir(SOURCE, { recursive: true });
  const isStore = (file: string): boolean => /store\.ts$|^db[\\/][^\\/]+\.ts$/.test(file);
  return Promise.all(
    files
      .filter(isStore)
      .sort()
      .map(async (file) => {
        const source = await readFile(path.join(SOURCE, file), 'utf8');
        const beside = await readBeside(path.join(SOURCE, file), source);
        return {
          file: file.replaceAll('\\', '/'),
          source,
          statements: readStatements(source, beside),
        };
      }),
  );
}

/** The stores of the same room that a store takes constants from. */
async function readBeside(file: string, source: string): Promise<string> {
  const names = [...source.matchAll(/from '\.\/([a-z-]*store\.ts)'/g)].map(([, name = '']) => name);
  const texts = names.map((name) => readFile(path.join(path.dirname(file), name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

function failFor(file: string, name: string, role: string) {
  return (cause: unknown): never => {
    throw new Error(`${role} may not run ${name} of ${file}: ${cause}`, { cause });
  };
}

const allStatements = (): Statement[] => stores.flatMap(({ statements }) => statements);

function touchesTenantTable(sql: string): boolean {
  const tables = TENANT_TABLES.join('|');
  return new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|USING)\\s+(?:${tables})\\b`).test(sql);
}

/** True when a statement can only read or write rows of a tenant that it is told, or says that it does not. */
function isBound({ name, sql, functions }: Statement): boolean {
  if (!touchesTenantTable(sql)) return true;
  if (/\btenant_id = \$\d/.test(sql)) return true;
  if (/^\s*INSERT INTO \w+ \([^)]*\btenant_id\b[^)]*\)\s*VALUES/.test(sql)) return true;
  if (functions.length > 0 && functions.every((each) => each.endsWith('AcrossTenants')))
    return true;
  return name in WITHOUT_TENANT;
}

describe('the statements of all stores', () => {
  it('are found: each store has some, and what it asks is one of them', () => {
    expect(stores.map(({ file }) => file)).toEqual(
      expect.arrayContaining([
        'attestation/head-store.ts',
        'attestation/leaf-store.ts',
        'attestation/pending-store.ts',
        'attestation/tile-store.ts',
        'endpoints/signature-store.ts',
        'endpoints/store.ts',
        'events/store.ts',
        'keys/store.ts',
        'logs/store.ts',
        'queue/store.ts',
        'tenants/store.ts',
      ]),
    );
    for (const { file, source, statements } of stores.filter(({ file }) =>
      /store\.ts$/.test(file),
    )) {
      const names = statements.map(({ name }) => name);
      expect(names.length, file).toBeGreaterThan(0);
      for (const argument of readQueryArguments(source)) {
        const asked = argument.replace(/^\w+ \? /, '').split(' : ');
        expect(names, `${file}: ${argument}`).toEqual(expect.arrayContaining(asked));
      }
    }
  });

  it('fit the migrated schema: each is prepared', async () => {
    const prepared: string[] = [];
    for (const { file, statements } of stores) {
      for (const { name, sql } of statements) {
        if (/^\s*(?:SHOW|CREATE)\b/.test(sql)) continue; // cannot be prepared; run at each start
        const statement = `s${prepared.length}`;
        await client.query(`PREPARE ${statement} AS ${sql}`).catch((error: unknown) => {
          throw new Error(`${file}: ${name} does not fit the schema`, { cause: error });
        });
        prepared.push(name);
      }
    }
    expect(prepared.length).toBeGreaterThan(30);
  });

  it('may be run by the role that runs them', async () => {
    // Planning a statement checks no right; beginning to run it does, and EXPLAIN goes as far as that.
    await client.query("SET plan_cache_mode = 'force_generic_plan'");
    let count = 0;
    for (const { file, statements } of stores) {
      for (const { name, sql, functions } of statements) {
        if (/^\s*(?:SHOW|CREATE)\b/.test(sql)) continue;
        for (const role of rolesRunning(file, name, functions)) {
          const statement = `r${count++}`;
          await client.query(`SET ROLE ${role}`);
          await client.query(`PREPARE ${statement} AS ${sql}`).catch(failFor(file, name, role));
          const { rows } = await client.query<{ count: number }>(
            'SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = $1',
            [statement],
          );
          const nulls = Array.from({ length: rows[0]?.count ?? 0 }, () => 'NULL').join(', ');
          const call = nulls === '' ? statement : `${statement}(${nulls})`;
          await client.query(`EXPLAIN EXECUTE ${call}`).catch(failFor(file, name, role));
          await client.query('RESET ROLE');
        }
      }
    }
    expect(count).toBeGreaterThan(100);
  });

  it('database_queries_enforce_tenant_id_filtering: each asks for the tenant, or stands in a function whose name says that it does not', () => {
    const unbound = allStatements().filter((statement) => !isBound(statement));
    expect(unbound.map(({ name, functions }) => `${name} in ${functions.join(', ')}`)).toEqual([]);
  });

  it('need each exception that is made', () => {
    for (const name of Object.keys(WITHOUT_TENANT)) {
      const statement = allStatements().find((each) => each.name === name);
      expect(statement && touchesTenantTable(statement.sql), name).toBe(true);
      expect(/\btenant_id = \$\d/.test(statement?.sql ?? ''), name).toBe(false);
    }
  });

  it('know every table that has a tenant', async () => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition AND a.attname = 'tenant_id' AND c.relname <> 'logs'`,
    );
    expect(rows.length).toBeGreaterThan(4);
    expect(TENANT_TABLES).toEqual(expect.arrayContaining(rows.map(({ name }) => name)));
  });
});

describe('the rules themselves', () => {
  const SAMPLE = `
const COLUMNS = 'id, url';
const LIMIT = 0x10;
const FIND = \`
  SELECT \${COLUMNS} FROM endpoints
   WHERE id = $1\`;
const FIND_FEW = \`\${FIND} LIMIT \${LIMIT}\`;

export async function findEndpoint(db: Db, id: string): Promise<void> {
  await db.query<{ id: string; urls: Array<string> }>(FIND_FEW, [id]);
}

const CLAIM = 'UPDATE delivery_queue SET attempts = 1';

export async function claimAcrossTenants(db: Db, all: boolean): Promise<void> {
  await db.query(all ? CLAIM : FIND);
  await db.query(\`SELECT 1\`);
}
`;
  const sample = readStatements(SAMPLE);

  it('read constants whole, with the functions that use them', () => {
    expect(sample).toEqual([
      {
        name: 'FIND',
        sql: '\n  SELECT id, url FROM endpoints\n   WHERE id = $1',
        functions: ['findEndpoint', 'claimAcrossTenants'],
      },
      {
        name: 'FIND_FEW',
        sql: '\n  SELECT id, url FROM endpoints\n   WHERE id = $1 LIMIT 16',
        functions: ['findEndpoint'],
      },
      {
        name: 'CLAIM',
        sql: 'UPDATE delivery_queue SET attempts = 1',
        functions: ['claimAcrossTenants'],
      },
    ]);
    expect(readQueryArguments(SAMPLE)).toEqual(['FIND_FEW', 'all ? CLAIM : FIND', '`SELECT 1`']);
  });

  it('catch a statement that asks for no tenant', () => {
    expect(sample.filter((each) => !isBound(each)).map(({ name }) => name)).toEqual([
      'FIND',
      'FIND_FEW',
    ]);
    const bound = (sql: string, functions = ['find']) => isBound({ name: 'X', sql, functions });
    expect(bound('SELECT id FROM endpoints WHERE tenant_id = $1')).toBe(true);
    expect(bound('SELECT id FROM endpoints WHERE tenant_id = other.tenant_id')).toBe(false);
    expect(bound('INSERT INTO endpoints (id, tenant_id) VALUES ($1, $2)')).toBe(true);
    expect(bound('INSERT INTO endpoints (id) VALUES ($1)')).toBe(false);
    expect(bound('DELETE FROM api_keys', ['sweep'])).toBe(false);
    expect(bound('DELETE FROM api_keys', ['sweepAcrossTenants'])).toBe(true);
    expect(bound('DELETE FROM api_keys', [])).toBe(false);
    expect(bound('SELECT 1 FROM tenants')).toBe(true);
  });

  it('do not let a statement through that the schema does not know', async () => {
    const prepare = client.query('PREPARE wrong AS SELECT no_such_column FROM endpoints');
    await expect(prepare).rejects.toMatchObject({ code: '42703' }); // undefined_column
  });
});
