/** The table of all settings of the server: name, type, default, sentence. @module */
import { ANCHOR_SETTINGS, type AnchorConfig } from './anchor-settings.ts';
import { DATABASE_SETTINGS, type DatabaseConfig } from './database-settings.ts';
import { RATE_SETTINGS, type RateConfig } from './rate-settings.ts';
import { REQUEST_SETTINGS, type RequestConfig } from './request-settings.ts';
import { Secret } from './secret.ts';
import { parseSecretKey } from './secret-key.ts';
import {
  flag,
  list,
  logLevel,
  longSecret,
  optionalSecret,
  optionalText,
  type Setting,
  secretSetting,
  setting,
  text,
  whole,
} from './setting.ts';
import { UPKEEP_SETTINGS, type UpkeepConfig } from './upkeep-settings.ts';

/** All settings, parsed. What each means stands beside its name in `SETTINGS`. */
export interface Config
  extends AnchorConfig,
    DatabaseConfig,
    RateConfig,
    RequestConfig,
    UpkeepConfig {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly logOrigin: string | null;
  readonly signingKeyFile: string | null;
  readonly signingKey: Secret | null;
  readonly keysDir: string | null;
  readonly keyPassphrase: Secret | null;
  readonly egressAllow: readonly string[];
  readonly allowHttp: boolean;
  readonly bodyMemory: number;
  readonly deliveryTimeoutMs: number;
  readonly leaseMs: number;
  readonly deliverySlots: number;
  readonly endpointSlots: number;
  readonly tenantSlots: number | null;
  readonly circuitOpenMs: number;
  readonly maxAttempts: number;
  readonly sequenceIntervalMs: number;
  readonly sequenceBatch: number;
  readonly headIntervalMs: number;
  readonly idleHeadIntervalMs: number;
  readonly headStore: string | null;
  readonly witnessPolicyFile: string | null;
  readonly witnessIntervalMs: number;
  readonly witnessTimeoutMs: number;
  readonly shutdownDelayMs: number;
  readonly logLevel: string;
  readonly metricsToken: Secret | null;
  readonly platformToken: Secret | null;
  readonly secretKey: Secret | null;
  readonly publicUrl: string | null;
  readonly tracePropagation: boolean;
}

export const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  ...DATABASE_SETTINGS,
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
  signingKey: {
    ...secretSetting(
      'KAPSEL_SIGNING_KEY',
      optionalSecret,
      'Ed25519 keys in the environment instead of files: PEM blocks, or one seed of 32 bytes in base64.',
    ),
    mayBeFile: false, // KAPSEL_SIGNING_KEY_FILE is the key file itself
  },
  keysDir: setting(
    'KAPSEL_KEYS_DIR',
    '',
    optionalText,
    'Folder for further keys, of rotations and of tenants’ own logs. Default: <KAPSEL_DATA>/keys.',
  ),
  keyPassphrase: secretSetting(
    'KAPSEL_KEY_PASSPHRASE',
    optionalSecret,
    'Encrypts key files that are written, and opens those that are encrypted.',
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
  bodyMemory: setting(
    'KAPSEL_BODY_MEMORY',
    '536870912',
    whole(10_485_760, 68_719_476_736),
    'Bytes of request bodies in memory at once; beyond it requests are answered 503.',
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
    '256',
    whole(1, 1_024),
    'Deliveries in flight at once in this process.',
  ),
  endpointSlots: setting(
    'KAPSEL_ENDPOINT_SLOTS',
    '32',
    whole(1, 1_024),
    'Of these, how many one endpoint may hold: a slow one leaves the rest to others.',
  ),
  tenantSlots: setting(
    'KAPSEL_TENANT_SLOTS',
    '',
    optionalSlots,
    'Of these, how many the endpoints of one tenant may hold together. Default: three quarters.',
  ),
  circuitOpenMs: setting(
    'KAPSEL_CIRCUIT_OPEN_MS',
    '30000',
    whole(100, 3_600_000),
    'How long an endpoint that fails is left alone before one or two deliveries probe it.',
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
  sequenceBatch: setting(
    'KAPSEL_SEQUENCE_BATCH',
    '8192',
    whole(1, 16_384),
    'So many waiting leaves are added at once, before the interval is over.',
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
  headStore: setting(
    'KAPSEL_HEAD_STORE',
    '',
    optionalText,
    'Folder, or s3://bucket/prefix, for the newest published head of each log; keep it apart from the database and its backups. Default: <KAPSEL_DATA>/heads.',
  ),
  witnessPolicyFile: setting(
    'KAPSEL_WITNESS_POLICY',
    '',
    optionalText,
    'C2SP tlog-policy file that names the witnesses, each with its URL. Without it no head is sent to anybody.',
  ),
  witnessIntervalMs: setting(
    'KAPSEL_WITNESS_INTERVAL_MS',
    '10000',
    whole(100, 3_600_000),
    'How often the newest head of a log that has grown is sent to the witnesses.',
  ),
  witnessTimeoutMs: setting(
    'KAPSEL_WITNESS_TIMEOUT_MS',
    '5000',
    whole(100, 30_000),
    'Deadline of one request to a witness.',
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
  metricsToken: secretSetting(
    'KAPSEL_METRICS_TOKEN',
    optionalSecret,
    'Bearer token that GET /metrics asks for; without it anybody who reaches the port may read it.',
  ),
  platformToken: secretSetting(
    'KAPSEL_PLATFORM_TOKEN',
    longSecret,
    'Bearer token of the routes about tenants, at least 32 characters; without it they are closed to everybody.',
  ),
  secretKey: secretSetting(
    'KAPSEL_SECRET_KEY',
    optionalSecretKey,
    'Base64 of 32 random bytes, behind sealed secrets and share links; the same on all servers of a database. Default: <KAPSEL_DATA>/secret-key, made at first start.',
  ),
  publicUrl: setting(
    'KAPSEL_PUBLIC_URL',
    '',
    optionalBaseUrl,
    'How callers reach this server, as https://kapsel.example; share links then begin with it.',
  ),
  tracePropagation: setting(
    'KAPSEL_TRACE_PROPAGATION',
    '0',
    flag,
    'Send a traceparent header to destinations, where an OpenTelemetry SDK runs with the server.',
  ),
  ...ANCHOR_SETTINGS,
  ...RATE_SETTINGS,
  ...REQUEST_SETTINGS,
  ...UPKEEP_SETTINGS,
};

function optionalSlots(raw: string): number | null {
  return raw === '' ? null : whole(1, 1_024)(raw);
}

function optionalBaseUrl(raw: string): string | null {
  if (raw === '') return null;
  const isPlain = /^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/.test(raw) && URL.canParse(raw);
  if (!isPlain) throw new Error('wants http(s)://host[:port][/path]');
  return new URL(raw).href.replace(/\/+$/, '');
}

function optionalSecretKey(raw: string): Secret | null {
  if (raw === '') return null;
  parseSecretKey(raw);
  return new Secret(raw);
}
