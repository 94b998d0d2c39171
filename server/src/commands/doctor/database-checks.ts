/** What the doctor asks of the database before it knows anything of ours: is it there, does it keep, is it migrated? @module */
import { messagesOf } from '../../base/error-words.ts';
import { listPendingMigrations } from '../../db/migrate.ts';
import { findDurabilityFaults } from '../../db/ping.ts';
import { listUnreadableTables, readServerFacts, type ServerFacts } from '../../db/server-facts.ts';
import type { Check, Installation } from './check.ts';
import { type Found, fail, ok, orOk, warn } from './finding.ts';

const OLDEST_VERSION = 140_000;
const CROWDED = 0.9;
const MEBIBYTE = 2 ** 20;

/** Nothing else is asked where this fails. */
export const reachDatabase: Check<Installation> = {
  name: 'database',
  async run({ pool, config }) {
    const { databaseUrl, dataDir } = config;
    try {
      return describeServer(await readServerFacts(pool));
    } catch (error) {
      return fail(
        'unreachable',
        `it does not answer: ${messagesOf(error).join(': ')}`,
        databaseUrl === null
          ? `tail ${dataDir}/pg.log`
          : `psql "$DATABASE_URL" -c '\\conninfo' from this machine`,
      );
    }
  },
};

function describeServer(facts: ServerFacts): readonly Found[] {
  const problems: Found[] = [];
  if (facts.versionNumber < OLDEST_VERSION) {
    problems.push(
      fail('version', `PostgreSQL ${facts.version} is older than 14`, 'upgrade PostgreSQL'),
    );
  }
  if (facts.isStandby || facts.isReadOnly) {
    problems.push(
      fail(
        'read-only',
        facts.isStandby
          ? 'it is a standby: nothing can be written there'
          : 'its transactions are read-only',
        facts.isStandby
          ? 'point DATABASE_URL at the primary; before promoting this one read docs/operations.md, "Restore"'
          : 'psql "$DATABASE_URL" -c \'SHOW default_transaction_read_only\'',
      ),
    );
  }
  if (facts.sessions > CROWDED * facts.maxSessions) {
    problems.push(
      warn(
        'crowded',
        `${facts.sessions} of ${facts.maxSessions} connections are taken`,
        'raise max_connections, or put PgBouncer in between',
      ),
    );
  }
  const size = Math.round(facts.sizeBytes / MEBIBYTE);
  return orOk(problems, `PostgreSQL ${facts.version}, as ${facts.role}, ${size} MiB`);
}

const durability: Check<Installation> = {
  name: 'durability',
  async run({ pool, config }) {
    const faults = await findDurabilityFaults(pool);
    if (faults.length === 0) return ok('what is committed survives a crash');
    const message = `${faults.join(' and ')}: an accepted event could be lost in a crash`;
    const next = `set ${faults.map((fault) => fault.replace('off', 'on')).join(' and ')} in postgresql.conf, then reload PostgreSQL`;
    return config.unsafeDurability
      ? warn('not-durable', message, next)
      : fail('not-durable', message, next);
  },
};

const role: Check<Installation> = {
  name: 'role',
  async run({ pool, config }) {
    const facts = await readServerFacts(pool);
    // Somebody else migrates: then this role sees what the roles that it takes see.
    const isMigrator = config.databaseUrlDirect === null;
    const unreadable = isMigrator ? await listUnreadableTables(pool) : [];
    const problems: Found[] = [];
    if (unreadable.length > 0) {
      problems.push(
        fail(
          'rights',
          `${facts.role} may not read ${unreadable.join(', ')}`,
          'connect as the role that migrated the database, or grant its rights',
        ),
      );
    }
    if (isMigrator && !facts.mayCreateTables) {
      problems.push(
        fail(
          'no-create',
          `${facts.role} may not make tables in the schema: migrations fail, and months cannot be made ahead`,
          `grant it the right to create in the schema (GRANT CREATE ON SCHEMA public TO ${facts.role})`,
        ),
      );
    }
    // The embedded database has one role, and nobody else's data.
    if (facts.passesRowSecurity && config.databaseUrl !== null) {
      problems.push(
        warn(
          'too-mighty',
          `${facts.role} is a superuser or passes row security by`,
          'connect as a role that owns this database and nothing else',
        ),
      );
    }
    return orOk(problems, `${facts.role} has the rights that are needed`);
  },
};

const CLOCK_WARN_MS = 1_000;
const CLOCK_FAIL_MS = 30_000;

const clock: Check<Installation> = {
  name: 'clock',
  async run({ pool, clock: ours }) {
    await readServerFacts(pool); // the first query opens the connection
    const beforeMs = ours.nowMs();
    const { nowMs } = await readServerFacts(pool);
    // Between the two, the database's clock was read at some moment.
    const apartMs = Math.max(0, beforeMs - nowMs, nowMs - ours.nowMs());
    const message = `this machine and the database are ${(apartMs / 1_000).toFixed(1)} s apart`;
    if (apartMs < CLOCK_WARN_MS) return ok(message);
    const next = 'timedatectl on both; heads and signatures carry this machine’s time';
    return apartMs < CLOCK_FAIL_MS ? warn('apart', message, next) : fail('apart', message, next);
  },
};

export const DATABASE_CHECKS: readonly Check<Installation>[] = [durability, role, clock];

/** What comes after it asks our own tables. */
export const findSchema: Check<Installation> = {
  name: 'schema',
  async run({ pool, config }) {
    const pending = await listPendingMigrations(pool).catch((error: unknown) => error);
    if (pending instanceof Error) {
      return fail('foreign', pending.message, 'do not migrate by hand; see docs/migrations.md');
    }
    const names = (pending as readonly { readonly name: string }[]).map(({ name }) => name);
    if (names.length === 0) return ok('the newest that this program knows');
    const [first = ''] = names;
    const next = config.databaseUrl === null ? 'kapsel-server serve' : 'kapsel-server migrate';
    return first.startsWith('0001')
      ? warn('empty', 'there are no tables of Kapsel yet: the first start makes them', next)
      : fail('behind', `${names.length} migrations are to be applied, from ${first} on`, next);
  },
};
