/** Every setting of the server: name, type, default, sentence. The only place that reads the environment. @module */

/** All settings, parsed. What each means stands beside its name in `SETTINGS`. */
export interface Config {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly logOrigin: string | null;
  readonly signingKeyFile: string | null;
  readonly egressAllow: readonly string[];
  readonly allowHttp: boolean;
  readonly deliveryTimeoutMs: number;
  readonly leaseMs: number;
  readonly deliverySlots: number;
  readonly maxAttempts: number;
  readonly sequenceIntervalMs: number;
  readonly headIntervalMs: number;
  readonly idleHeadIntervalMs: number;
  readonly shutdownDelayMs: number;
  readonly logLevel: string;
  readonly unsafeDurability: boolean;
}

interface Setting<T> {
  readonly name: string;
  readonly fallback: string;
  readonly sentence: string;
  /** Throws an Error whose message completes "NAME …". */
  readonly parse: (text: string) => T;
}

// An empty host would mean every address, an empty folder the working one.
function text(raw: string): string {
  if (raw === '') throw new Error('must not be empty');
  return raw;
}

function optionalText(raw: string): string | null {
  return raw === '' ? null : raw;
}

function whole(least: number, most: number): (raw: string) => number {
  return (raw) => {
    const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new Error(`wants a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

function flag(raw: string): boolean {
  if (raw === '1' || raw === 'true') return true;
  if (raw === '0' || raw === 'false' || raw === '') return false;
  throw new Error('wants 1 or 0');
}

function list(raw: string): readonly string[] {
  return raw
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

function logLevel(raw: string): string {
  if (!LOG_LEVELS.includes(raw)) throw new Error(`wants one of ${LOG_LEVELS.join(', ')}`);
  return raw;
}

function setting<T>(
  name: string,
  fallback: string,
  parse: (raw: string) => T,
  sentence: string,
): Setting<T> {
  return { name, fallback, parse, sentence };
}

const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  databaseUrl: setting(
    'DATABASE_URL',
    '',
    optionalText,
    'PostgreSQL 14 or newer; without it the server starts its own PostgreSQL in KAPSEL_DATA.',
  ),
  dataDir: setting(
    'KAPSEL_DATA',
    '.kapsel',
    text,
    'Folder for the embedded database and the signing key.',
  ),
  host: setting('KAPSEL_HOST', '127.0.0.1', text, 'Address to listen on.'),
  port: setting('KAPSEL_PORT', '8080', whole(0, 65_535), 'Port to listen on; 0 takes a free one.'),
  logOrigin: setting(
    'KAPSEL_LOG_ORIGIN',
    '',
    optionalText,
    'Name of the shared log, for ever; used at first start only. Default: kapsel.local/<random>.',
  ),
  signingKeyFile: setting(
    'KAPSEL_SIGNING_KEY_FILE',
    '',
    optionalText,
    'Ed25519 key (PKCS#8 PEM) that signs tree heads. Default: <KAPSEL_DATA>/log-signing-key.pem, made at first start.',
  ),
  egressAllow: setting(
    'KAPSEL_EGRESS_ALLOW',
    '',
    list,
    'Address ranges (CIDR, comma separated) that may be delivered to although they are not public.',
  ),
  allowHttp: setting(
    'KAPSEL_ALLOW_HTTP',
    '0',
    flag,
    'Accept http:// destinations beside https://.',
  ),
  deliveryTimeoutMs: setting(
    'KAPSEL_DELIVERY_TIMEOUT_MS',
    '15000',
    whole(100, 30_000),
    'One deadline for resolving, connecting, sending and reading the answer.',
  ),
  leaseMs: setting(
    'KAPSEL_LEASE_MS',
    '60000',
    whole(1_000, 3_600_000),
    'How long a claimed delivery stays with its worker; at least the delivery timeout + 30 s.',
  ),
  deliverySlots: setting(
    'KAPSEL_DELIVERY_SLOTS',
    '64',
    whole(1, 1_024),
    'Deliveries in flight at once in this process.',
  ),
  maxAttempts: setting(
    'KAPSEL_MAX_ATTEMPTS',
    '11',
    whole(1, 100),
    'Delivery attempts of an event for endpoints that do not say otherwise.',
  ),
  sequenceIntervalMs: setting(
    'KAPSEL_SEQUENCE_INTERVAL_MS',
    '100',
    whole(10, 60_000),
    'How often waiting leaves are added to the tree.',
  ),
  headIntervalMs: setting(
    'KAPSEL_HEAD_INTERVAL_MS',
    '1000',
    whole(100, 3_600_000),
    'Least time between two signed heads of a growing log.',
  ),
  idleHeadIntervalMs: setting(
    'KAPSEL_IDLE_HEAD_INTERVAL_MS',
    '3600000',
    whole(1_000, 86_400_000),
    'An unchanged log is signed again after this time, so that readers see it alive.',
  ),
  shutdownDelayMs: setting(
    'KAPSEL_SHUTDOWN_DELAY_MS',
    '0',
    whole(0, 60_000),
    'Time between "not ready" and closing the port, for load balancers to notice.',
  ),
  logLevel: setting(
    'KAPSEL_LOG_LEVEL',
    'info',
    logLevel,
    'trace, debug, info, warn, error or silent.',
  ),
  unsafeDurability: setting(
    'KAPSEL_UNSAFE_DURABILITY',
    '0',
    flag,
    'Start although the database has fsync or synchronous_commit switched off (tests only).',
  ),
};

/** A start that cannot go on; `faults` lists everything that is wrong at once. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`bad configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

// Names that other programs of this repository read: `kapsel-verify` and the tests.
const OTHER_PROGRAMS = [
  'KAPSEL_TRUST',
  'KAPSEL_CHROME',
  'KAPSEL_REQUIRE_ALL',
  'KAPSEL_PLAIN_SUMMARY',
];

const LEASE_MARGIN_MS = 30_000;

/** Reads all settings; unknown `KAPSEL_*` names are faults too, since a misspelt setting is a silent default. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, { name, fallback, parse }] of Object.entries(SETTINGS)) {
    try {
      values[key] = parse(env[name] ?? fallback);
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : 'is not valid'}`);
    }
  }
  const known = new Set<string>(Object.values(SETTINGS).map(({ name }) => name));
  for (const name of OTHER_PROGRAMS) known.add(name);
  for (const name of Object.keys(env)) {
    if (name.startsWith('KAPSEL_') && !known.has(name)) faults.push(`${name} is not a setting`);
  }
  const config = values as unknown as Config;
  if (faults.length === 0 && config.leaseMs < config.deliveryTimeoutMs + LEASE_MARGIN_MS) {
    faults.push('KAPSEL_LEASE_MS must be at least KAPSEL_DELIVERY_TIMEOUT_MS + 30000');
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** The settings as lines for `--help`. */
export function describeSettings(): string {
  return Object.values(SETTINGS)
    .map(({ name, fallback, sentence }) => {
      const suffix = fallback === '' ? '' : ` [${fallback}]`;
      return `  ${name}${suffix}\n      ${sentence}`;
    })
    .join('\n');
}
