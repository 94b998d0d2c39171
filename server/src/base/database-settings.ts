/** Settings of the database: where it is, and what stands between. @module */
import { flag, optionalText, type Setting, secretSetting, setting } from './setting.ts';

export interface DatabaseConfig {
  readonly databaseUrl: string | null;
  readonly databaseUrlDirect: string | null;
  readonly preparedStatements: boolean;
  readonly unsafeDurability: boolean;
}

export const DATABASE_SETTINGS: {
  readonly [K in keyof DatabaseConfig]: Setting<DatabaseConfig[K]>;
} = {
  databaseUrl: secretSetting(
    'DATABASE_URL',
    optionalText,
    'PostgreSQL 14 or newer; without it the server starts its own PostgreSQL in KAPSEL_DATA.',
  ),
  databaseUrlDirect: secretSetting(
    'DATABASE_URL_DIRECT',
    optionalText,
    'The same database without a pooler between: for migrations, and for detaching months. Default: DATABASE_URL.',
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
