/** Settings of what runs beside the traffic: retention, the audit of the logs, and copying their tiles elsewhere. @module */
import type { Secret } from './secret.ts';
import {
  flag,
  list,
  optionalSecret,
  optionalText,
  type Setting,
  secretSetting,
  setting,
  text,
  whole,
} from './setting.ts';

export interface UpkeepConfig {
  readonly retainPayloadsDays: number;
  readonly dropPayloadsDays: number;
  readonly retainAttemptsDays: number;
  readonly retainLeavesDays: number;
  readonly auditIntervalMs: number;
  readonly auditPauseMs: number;
  readonly exportUrl: string | null;
  readonly exportIntervalMs: number;
  readonly exportLogs: readonly string[];
  readonly s3Endpoint: string | null;
  readonly s3Region: string;
  readonly s3PathStyle: boolean;
  readonly s3AccessKeyId: string | null;
  readonly s3SecretAccessKey: Secret | null;
  readonly s3SessionToken: Secret | null;
}

export const UPKEEP_SETTINGS: {
  readonly [K in keyof UpkeepConfig]: Setting<UpkeepConfig[K]>;
} = {
  retainPayloadsDays: setting(
    'KAPSEL_RETAIN_PAYLOADS_DAYS',
    '90',
    whole(7, 36_525),
    'Whole weeks of bodies older than this are detached: their events cannot be delivered again, their proofs go on.',
  ),
  dropPayloadsDays: setting(
    'KAPSEL_DROP_PAYLOADS_DAYS',
    '7',
    whole(1, 36_525),
    'So many days after that, detached weeks of bodies are dropped.',
  ),
  retainAttemptsDays: setting(
    'KAPSEL_RETAIN_ATTEMPTS_DAYS',
    '2557',
    whole(62, 36_525),
    'Whole months of delivery attempts older than this are detached (never dropped).',
  ),
  retainLeavesDays: setting(
    'KAPSEL_RETAIN_LEAVES_DAYS',
    '2557',
    whole(62, 36_525),
    'The same for leaves, at least as long as attempts; their proofs go on from tiles.',
  ),
  auditIntervalMs: setting(
    'KAPSEL_AUDIT_INTERVAL_MS',
    '3600000',
    whole(0, 604_800_000),
    'Rest of the background audit after it has gone over all logs; 0 switches it off in this process.',
  ),
  auditPauseMs: setting(
    'KAPSEL_AUDIT_PAUSE_MS',
    '1000',
    whole(0, 60_000),
    'Pause after each slice of the audit (10,000 leaves or 200 ms of work).',
  ),
  exportUrl: setting(
    'KAPSEL_EXPORT_URL',
    '',
    optionalText,
    'Where tiles and checkpoints are copied to: file:///folder or s3://bucket/prefix. Without it nothing is copied.',
  ),
  exportIntervalMs: setting(
    'KAPSEL_EXPORT_INTERVAL_MS',
    '10000',
    whole(100, 3_600_000),
    'How often what is new is copied.',
  ),
  exportLogs: setting(
    'KAPSEL_EXPORT_LOGS',
    '',
    list,
    'Names of logs that are copied although they are not public, comma separated.',
  ),
  s3Endpoint: setting(
    'KAPSEL_S3_ENDPOINT',
    '',
    optionalUrl,
    'Another store than Amazon’s that speaks S3: https://host[:port].',
  ),
  s3Region: setting('KAPSEL_S3_REGION', 'us-east-1', text, 'Region of the bucket.'),
  s3PathStyle: setting(
    'KAPSEL_S3_PATH_STYLE',
    '0',
    flag,
    'Put the bucket into the path instead of the host name, as most stores other than Amazon’s want it.',
  ),
  s3AccessKeyId: setting('KAPSEL_S3_ACCESS_KEY_ID', '', optionalText, 'Access key of the bucket.'),
  s3SecretAccessKey: secretSetting(
    'KAPSEL_S3_SECRET_ACCESS_KEY',
    optionalSecret,
    'Its secret. It needs to put and to head objects, nothing else.',
  ),
  s3SessionToken: secretSetting(
    'KAPSEL_S3_SESSION_TOKEN',
    optionalSecret,
    'Session token of temporary credentials.',
  ),
};

function optionalUrl(raw: string): string | null {
  if (raw === '') return null;
  const isPlain = /^https?:\/\/[^/?#@]+\/?$/.test(raw) && URL.canParse(raw);
  if (!isPlain) throw new Error('wants http(s)://host[:port]');
  return new URL(raw).origin;
}
