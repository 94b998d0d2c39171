/** Settings: defaults, every fault at once, and no value of the environment in a message. @module */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type Config,
  ConfigError,
  describeSettings,
  forgetSecrets,
  readConfig,
  settingsPage,
} from '../../src/base/config.ts';

type Env = Readonly<Record<string, string | undefined>>;

function faultsOf(env: Env): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

/** The settings that are named in the faults, in order. */
function namesIn(faults: readonly string[]): string[] {
  return faults.map((fault) => fault.split(' ')[0] ?? '');
}

describe('readConfig', () => {
  it('takes the defaults when nothing is set', () => {
    expect(readConfig({})).toEqual({
      databaseUrl: null,
      databaseReadUrls: [],
      readMaxLagMs: 1_000,
      databaseRoles: null,
      secretKeyCommand: null,
      dataDir: '.kapsel',
      anchorCalendars: [],
      anchorIntervalMs: 3_600_000,
      anchorPollMs: 600_000,
      anchorBitcoinRpc: null,
      anchorEsplora: [],
      anchorHeadersFile: null,
      anchorChainFile: null,
      host: '127.0.0.1',
      port: 8080,
      logOrigin: null,
      signingKeyFile: null,
      signingKey: null,
      keysDir: null,
      keyPassphrase: null,
      egressAllow: [],
      allowHttp: false,
      bodyMemory: 536_870_912,
      deliveryTimeoutMs: 15_000,
      leaseMs: 60_000,
      deliverySlots: 256,
      endpointSlots: 32,
      tenantSlots: null,
      circuitOpenMs: 30_000,
      maxAttempts: 11,
      sequenceIntervalMs: 100,
      sequenceBatch: 8_192,
      retainPayloadsDays: 90,
      dropPayloadsDays: 7,
      retainAttemptsDays: 2_557,
      retainLeavesDays: 2_557,
      headIntervalMs: 1_000,
      idleHeadIntervalMs: 3_600_000,
      headStore: null,
      witnessPolicyFile: null,
      witnessIntervalMs: 10_000,
      witnessTimeoutMs: 5_000,
      shutdownDelayMs: 0,
      logLevel: 'info',
      unsafeDurability: false,
      metricsToken: null,
      platformToken: null,
      secretKey: null,
      publicUrl: null,
      databaseUrlDirect: null,
      preparedStatements: true,
      tiers: '',
      trustedProxies: [],
      redisUrl: null,
      tracePropagation: false,
      otherSecretKeys: [],
      minTlsVersion: '1.2',
      denyPorts: [],
      auditIntervalMs: 3_600_000,
      auditPauseMs: 1_000,
      exportUrl: null,
      exportIntervalMs: 10_000,
      exportLogs: [],
      s3Endpoint: null,
      s3Region: 'us-east-1',
      s3PathStyle: false,
      s3AccessKeyId: null,
      s3SecretAccessKey: null,
      s3SessionToken: null,
    } satisfies Config);
  });

  it('reads each kind of setting', () => {
    const config = readConfig({
      DATABASE_URL: 'postgres://db.test/kapsel',
      KAPSEL_DATA: '/srv/kapsel',
      KAPSEL_HOST: '0.0.0.0',
      KAPSEL_PORT: '0',
      KAPSEL_LOG_ORIGIN: 'log.kapsel.test/a',
      KAPSEL_SIGNING_KEY_FILE: '/run/secrets/key.pem',
      KAPSEL_EGRESS_ALLOW: ' 10.0.0.0/8 ,, fd00::/8,',
      KAPSEL_ALLOW_HTTP: '1',
      KAPSEL_BODY_MEMORY: '10485760',
      KAPSEL_LOG_LEVEL: 'silent',
      KAPSEL_UNSAFE_DURABILITY: 'true',
    });
    expect(config).toMatchObject({
      databaseUrl: 'postgres://db.test/kapsel',
      dataDir: '/srv/kapsel',
      host: '0.0.0.0',
      port: 0,
      logOrigin: 'log.kapsel.test/a',
      signingKeyFile: '/run/secrets/key.pem',
      egressAllow: ['10.0.0.0/8', 'fd00::/8'],
      allowHttp: true,
      bodyMemory: 10_485_760,
      logLevel: 'silent',
      unsafeDurability: true,
    });
  });

  it('lists every fault at once', () => {
    const faults = faultsOf({
      KAPSEL_PORT: '65536',
      KAPSEL_ALLOW_HTTP: 'yes',
      KAPSEL_LOG_LEVEL: 'loud',
      KAPSEL_MAX_ATTEMPTS: '0',
      KAPSEL_PROT: '8080',
    });
    expect(namesIn(faults).sort()).toEqual([
      'KAPSEL_ALLOW_HTTP',
      'KAPSEL_LOG_LEVEL',
      'KAPSEL_MAX_ATTEMPTS',
      'KAPSEL_PORT',
      'KAPSEL_PROT',
    ]);
  });

  it('lists the faults in its message too, one on each line', () => {
    const read = () => readConfig({ KAPSEL_PORT: 'x', KAPSEL_LEASE_MS: 'y' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/\n {2}KAPSEL_PORT .*\n {2}KAPSEL_LEASE_MS /);
  });

  it.each(['', ' ', '-1', '1.5', '1e3', '0x10', '٣', '9'.repeat(16), 'NaN', '8080 '])(
    'refuses %j as a whole number',
    (value) => {
      expect(namesIn(faultsOf({ KAPSEL_PORT: value }))).toEqual(['KAPSEL_PORT']);
    },
  );

  it.each([
    ['KAPSEL_PORT', 0, 65_535],
    ['KAPSEL_DELIVERY_TIMEOUT_MS', 100, 30_000],
    ['KAPSEL_DELIVERY_SLOTS', 1, 1_024],
    ['KAPSEL_MAX_ATTEMPTS', 1, 100],
    ['KAPSEL_SEQUENCE_INTERVAL_MS', 10, 60_000],
  ])('takes both ends of the range of %s and nothing beyond', (name, least, most) => {
    expect(faultsOf({ [name]: `${least}` })).toEqual([]);
    expect(faultsOf({ [name]: `${most}` })).toEqual([]);
    expect(namesIn(faultsOf({ [name]: `${least - 1}` }))).toEqual([name]);
    expect(namesIn(faultsOf({ [name]: `${most + 1}` }))).toEqual([name]);
  });

  it.each(['KAPSEL_DATA', 'KAPSEL_HOST'])(
    'refuses an empty %s, which would mean the working folder or every address',
    (name) => {
      expect(namesIn(faultsOf({ [name]: '' }))).toEqual([name]);
    },
  );

  it('reads an empty optional setting as not set', () => {
    const config = readConfig({
      DATABASE_URL: '',
      KAPSEL_LOG_ORIGIN: '',
      KAPSEL_SIGNING_KEY_FILE: '',
      KAPSEL_EGRESS_ALLOW: '',
      KAPSEL_ALLOW_HTTP: '',
    });
    expect(config).toEqual(readConfig({}));
  });

  it('reads what bounds the requests to destinations, and keys that open what they sealed', () => {
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
    const config = readConfig({
      KAPSEL_MIN_TLS: '1.3',
      KAPSEL_DENY_PORTS: '22, 8443,',
      KAPSEL_OTHER_SECRET_KEYS: `${key(1)}, ${key(2)}`,
    });
    expect([config.minTlsVersion, config.denyPorts]).toEqual(['1.3', [22, 8_443]]);
    expect(config.otherSecretKeys.map((each) => each.reveal())).toEqual([key(1), key(2)]);
    for (const [name, value] of [
      ['KAPSEL_MIN_TLS', '1.1'],
      ['KAPSEL_MIN_TLS', ''],
      ['KAPSEL_DENY_PORTS', '0'],
      ['KAPSEL_DENY_PORTS', '65536'],
      ['KAPSEL_DENY_PORTS', '22-25'],
      ['KAPSEL_OTHER_SECRET_KEYS', `${key(1)},canary`],
    ] as const) {
      const faults = faultsOf({ [name]: value });
      expect(namesIn(faults)).toEqual([name]);
      expect(faults.join()).not.toContain('canary');
    }
  });

  it('refuses misspelt names and leaves those of other programs alone', () => {
    const env = {
      KAPSEL_TRUST: 'trust.json',
      KAPSEL_CHROME: '/usr/bin/chromium',
      KAPSEL_REQUIRE_ALL: '1',
      KAPSEL_PLAIN_SUMMARY: '1',
      PATH: '/usr/bin',
      kapsel_port: '1',
    };
    expect(faultsOf(env)).toEqual([]);
    expect(namesIn(faultsOf({ ...env, KAPSEL_: '1', KAPSEL_TRUSTS: '1' }))).toEqual([
      'KAPSEL_',
      'KAPSEL_TRUSTS',
    ]);
  });

  it('demands a lease that outlives the longest delivery by 30 s', () => {
    const lease = (leaseMs: number, timeoutMs: number) =>
      namesIn(
        faultsOf({
          KAPSEL_LEASE_MS: `${leaseMs}`,
          KAPSEL_DELIVERY_TIMEOUT_MS: `${timeoutMs}`,
        }),
      );
    expect(lease(45_000, 15_000)).toEqual([]);
    expect(lease(44_999, 15_000)).toEqual(['KAPSEL_LEASE_MS']);
    expect(lease(60_000, 30_000)).toEqual([]);
    expect(namesIn(faultsOf({ KAPSEL_LEASE_MS: '30000' }))).toEqual(['KAPSEL_LEASE_MS']);
  });

  it('reads how callers reach the server, without a slash at its end', () => {
    const read = (value: string) => readConfig({ KAPSEL_PUBLIC_URL: value }).publicUrl;
    expect(read('https://kapsel.example')).toBe('https://kapsel.example');
    expect(read('https://kapsel.example:8443/base//')).toBe('https://kapsel.example:8443/base');
    for (const bad of [
      'kapsel.example',
      'ftp://x',
      'https://a@x',
      'https://x/?q',
      'https://x/#f',
    ]) {
      expect(namesIn(faultsOf({ KAPSEL_PUBLIC_URL: bad }))).toEqual(['KAPSEL_PUBLIC_URL']);
    }
  });

  it('takes an address past the pooler beside that of the pooler alone', () => {
    const direct = { DATABASE_URL_DIRECT: 'postgres://db.test/kapsel' };
    expect(namesIn(faultsOf(direct))).toEqual(['DATABASE_URL_DIRECT']);
    expect(faultsOf({ ...direct, DATABASE_URL: 'postgres://pooler.test/kapsel' })).toEqual([]);
  });

  it('never repeats a value in a message', () => {
    const secret = 'hunter2';
    const names = describeSettings().match(/KAPSEL_[A-Z_]+/g) ?? [];
    expect(names.length).toBeGreaterThan(10);
    const env: Record<string, string> = {
      DATABASE_URL: `postgres://kapsel:${secret}@db.test/kapsel`,
      KAPSEL_UNKNOWN: secret,
    };
    for (const name of names) env[name] = secret;
    const faults = faultsOf(env);
    expect(faults.length).toBeGreaterThan(5);
    expect(new ConfigError(faults).message).not.toContain(secret);
    expect(faults.join('\n')).not.toContain(secret);
  });
});

describe('the secret key', () => {
  it('is base64 of 32 bytes, and shown to nobody', () => {
    const text = Buffer.alloc(32, 5).toString('base64');
    const config = readConfig({ KAPSEL_SECRET_KEY: text });
    expect(config.secretKey?.reveal()).toBe(text);
    expect(JSON.stringify(config)).not.toContain(text);
    for (const wrong of [text.slice(1), `${text}=`, Buffer.alloc(16).toString('base64'), 'x']) {
      expect(namesIn(faultsOf({ KAPSEL_SECRET_KEY: wrong })), wrong).toEqual(['KAPSEL_SECRET_KEY']);
    }
  });
});

describe('retention', () => {
  it('keeps leaves at least as long as attempts', () => {
    const days = (attempts: string, leaves: string) =>
      namesIn(
        faultsOf({ KAPSEL_RETAIN_ATTEMPTS_DAYS: attempts, KAPSEL_RETAIN_LEAVES_DAYS: leaves }),
      );
    expect(days('365', '364')).toEqual(['KAPSEL_RETAIN_LEAVES_DAYS']);
    expect(days('61', '62')).toEqual(['KAPSEL_RETAIN_ATTEMPTS_DAYS']);
    const config = readConfig({
      KAPSEL_RETAIN_ATTEMPTS_DAYS: '365',
      KAPSEL_RETAIN_LEAVES_DAYS: '365',
    });
    expect(config).toMatchObject({ retainAttemptsDays: 365, retainLeavesDays: 365 });
  });
});

describe('forgetSecrets', () => {
  it('takes secrets out of an environment, and leaves the rest', () => {
    const env: Record<string, string> = {
      DATABASE_URL: 'postgres://kapsel:hunter2@db.test/kapsel',
      KAPSEL_SIGNING_KEY: 'hunter2',
      KAPSEL_KEY_PASSPHRASE: 'hunter2',
      KAPSEL_METRICS_TOKEN: 'hunter2',
      KAPSEL_PLATFORM_TOKEN: 'hunter2',
      KAPSEL_SIGNING_KEY_FILE: '/run/secrets/key.pem',
      KAPSEL_KEY_PASSPHRASE_FILE: '/run/secrets/passphrase',
      PATH: '/usr/bin',
    };
    forgetSecrets(env);
    expect(JSON.stringify(env)).not.toContain('hunter2');
    expect(Object.keys(env)).toEqual([
      'KAPSEL_SIGNING_KEY_FILE',
      'KAPSEL_KEY_PASSPHRASE_FILE',
      'PATH',
    ]);
  });

  it('has nothing to do with what was read: that shows no secret by itself', () => {
    const env = { KAPSEL_SIGNING_KEY: 'hunter2', KAPSEL_KEY_PASSPHRASE: 'hunter3' };
    const config = readConfig(env);
    expect(`${JSON.stringify(config)}${inspect(config, { depth: 9 })}`).not.toContain('hunter');
    expect(config.signingKey?.reveal()).toBe('hunter2');
  });
});

describe('a name that is not a setting', () => {
  const faultOf = (name: string): string => faultsOf({ [name]: '1' }).join('\n');

  it('comes with the one that was meant, where that is clear', () => {
    expect(faultOf('KAPSEL_PROT')).toContain('KAPSEL_PORT?');
    expect(faultOf('KAPSEL_LOGLEVEL')).toContain('KAPSEL_LOG_LEVEL?');
    expect(faultOf('KAPSEL_SECRETKEY')).toContain('KAPSEL_SECRET_KEY?');
    for (const far of ['KAPSEL_UNKNOWN', 'KAPSEL_', 'KAPSEL_DATABASE_URL']) {
      expect(faultOf(far)).toBe(`${far} is not a setting`);
    }
  });
});

describe('a database URL', () => {
  it.each([
    ['somewhere'],
    ['/var/run/postgresql'],
    ['https://kapsel@db.test/'],
    ['postgresql://kapsel:%zz@db.test/'],
    ['postgres://[::1/kapsel'],
  ])('is not %s', (url) => {
    expect(namesIn(faultsOf({ DATABASE_URL: url }))).toEqual(['DATABASE_URL']);
  });

  it.each([
    ['postgres://kapsel:p%40ss@db.test:5432/kapsel?sslmode=require'],
    ['postgresql://localhost/kapsel'],
    ['postgresql:///kapsel?host=/var/run/postgresql'],
  ])('may be %s', (url) => {
    expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });
});

describe('the page of settings', () => {
  it('is the one in the documents; renewed by running this file with -u', async () => {
    await expect(settingsPage()).toMatchFileSnapshot('../../../docs/settings.md');
  });
});

describe('describeSettings', () => {
  it('names every setting once, with its default', () => {
    const lines = describeSettings()
      .split('\n')
      .filter((line) => /^ {2}\S/.test(line));
    expect(lines).toHaveLength(Object.keys(readConfig({})).length);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines).toContain('  KAPSEL_PORT [8080]');
    expect(lines).toContain('  DATABASE_URL, or DATABASE_URL_FILE');
  });
});
