/** Settings of the database: where it is, and what stands between. @module */
import { flag, list, type Setting, secretSetting, setting, whole } from './setting.ts';

export interface DatabaseConfig {
  readonly databaseUrl: string | null;
  readonly databaseUrlDirect: string | null;
  readonly databaseReadUrls: readonly string[];
  readonly readMaxLagMs: number;
  readonly databaseRoles: 'connect' | 'transaction' | null;
  readonly preparedStatements: boolean;
  readonly unsafeDurability: boolean;
}

export const DATABASE_SETTINGS: {
  readonly [K in keyof DatabaseConfig]: Setting<DatabaseConfig[K]>;
} = {
  databaseUrl: secretSetting(
    'DATABASE_URL',
    optionalDatabaseUrl,
    'PostgreSQL 14 or newer; without it the server starts its own PostgreSQL in KAPSEL_DATA.',
  ),
  databaseUrlDirect: secretSetting(
    'DATABASE_URL_DIRECT',
    optionalDatabaseUrl,
    'The same database without a pooler between: for migrations, and for detaching months. Default: DATABASE_URL.',
  ),
  databaseReadUrls: secretSetting(
    'DATABASE_READ_URLS',
    list,
    'Replicas of the database (comma separated) that lists, proofs and tiles are read from while they are fresh.',
  ),
  readMaxLagMs: setting(
    'KAPSEL_READ_MAX_LAG_MS',
    '1000',
    whole(100, 60_000),
    'A replica that is further behind is not read from.',
  ),
  databaseRoles: setting(
    'KAPSEL_DATABASE_ROLES',
    '',
    optionalRoles,
    'When database roles are taken: connect, or transaction behind a pooler in transaction mode. Default: transaction where DATABASE_URL_DIRECT is set.',
  ),
  preparedStatements: setting(
    'KAPSEL_PREPARED_STATEMENTS',
    '1',
    flag,
    '0: no named statements, as PgBouncer before 1.21 in transaction mode needs it.',
  ),
  unsafeDurability: setting(
    'KAPSEL_UNSAFE_DURABILITY',
    '0',
    flag,
    'Start although the database has fsync or synchronous_commit switched off (tests only).',
  ),
};

/** What is no URL would be taken for the name of a database on some other host than the one that was meant. */
function optionalDatabaseUrl(raw: string): string | null {
  if (raw === '') return null;
  if (!/^postgres(?:ql)?:\/\//.test(raw) || !URL.canParse(raw) || !isDecodable(raw)) {
    throw new Error('wants postgresql://user:password@host:port/database');
  }
  return raw;
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false; // a "%" that escapes nothing
    throw error;
  }
}

function optionalRoles(raw: string): 'connect' | 'transaction' | null {
  if (raw === '') return null;
  if (raw !== 'connect' && raw !== 'transaction') throw new Error('wants connect or transaction');
  return raw;
}
