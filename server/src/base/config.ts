/** Every setting of the server, read: the only place that reads the environment, with all that is wrong at once. @module */
import { closestTo } from './closest-name.ts';
import { type Environment, namesOf, readSetting, type Setting } from './setting.ts';
import { type Config, SETTINGS } from './settings.ts';

export type { Config } from './settings.ts';

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
  'KAPSEL_CHAOS_SEED',
  'KAPSEL_REQUIRE_ALL',
  'KAPSEL_PLAIN_SUMMARY',
];

const LEASE_MARGIN_MS = 30_000;

/** Reads all settings; unknown `KAPSEL_*` names are faults too, since a misspelt setting is a silent default. */
export function readConfig(env: Environment): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    try {
      values[key] = readSetting(setting, env);
    } catch (error) {
      faults.push(`${setting.name} ${error instanceof Error ? error.message : 'is not valid'}`);
    }
  }
  const known = new Set(Object.values<Setting<unknown>>(SETTINGS).flatMap(namesOf));
  for (const name of OTHER_PROGRAMS) known.add(name);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('KAPSEL_') || known.has(name)) continue;
    const meant = closestTo(name, known);
    faults.push(`${name} is not a setting${meant === null ? '' : `: did you mean ${meant}?`}`);
  }
  const config = values as unknown as Config;
  if (faults.length === 0 && config.leaseMs < config.deliveryTimeoutMs + LEASE_MARGIN_MS) {
    faults.push('KAPSEL_LEASE_MS must be at least KAPSEL_DELIVERY_TIMEOUT_MS + 30000');
  }
  if (faults.length === 0 && config.retainLeavesDays < config.retainAttemptsDays) {
    faults.push('KAPSEL_RETAIN_LEAVES_DAYS must be at least KAPSEL_RETAIN_ATTEMPTS_DAYS');
  }
  if (faults.length === 0 && config.databaseUrlDirect !== null && config.databaseUrl === null) {
    faults.push('DATABASE_URL_DIRECT goes with DATABASE_URL');
  }
  if (faults.length === 0 && config.databaseReadUrls.length > 0 && config.databaseUrl === null) {
    faults.push('DATABASE_READ_URLS goes with DATABASE_URL');
  }
  if (faults.length === 0 && config.secretKeyCommand !== null && config.secretKey !== null) {
    faults.push('KAPSEL_SECRET_KEY_COMMAND is set beside KAPSEL_SECRET_KEY: want one of them');
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** Takes secrets out of an environment that was read: what is started from here on does not inherit them. */
export function forgetSecrets(env: Record<string, string | undefined>): void {
  for (const { name, isSecret } of Object.values<Setting<unknown>>(SETTINGS)) {
    if (isSecret) delete env[name];
  }
}

/** The settings as lines for `--help`. */
export function describeSettings(): string {
  return Object.values<Setting<unknown>>(SETTINGS)
    .map(({ name, fallback, sentence, mayBeFile }) => {
      const suffix = fallback === '' ? '' : ` [${fallback}]`;
      const file = mayBeFile ? `, or ${name}_FILE` : '';
      return `  ${name}${file}${suffix}\n      ${sentence}`;
    })
    .join('\n');
}

/** The same as a page of the documents. */
export function settingsPage(): string {
  const rows = Object.values<Setting<unknown>>(SETTINGS).map((setting) => {
    const names = namesOf(setting).map((name) => `\`${name}\``);
    const fallback = setting.fallback === '' ? '–' : `\`${setting.fallback}\``;
    return `| ${names.join(', ')} | ${fallback} | ${inTable(setting.sentence)} |`;
  });
  return `# Settings

All settings of \`kapsel-server\`, as \`kapsel-server help\` lists them. They come from the environment. A bad value, or a
\`KAPSEL_\` name that is not in this table, stops every command before anything is started, with all faults listed at
once. What may also come from a file has a second name that ends in \`_FILE\`: the path of that file, whose last line end is
left out. Secrets are taken out of the environment once they are read.

This page is written from the table in \`server/src/base/settings.ts\`; a test compares the two.

| setting | default | what it is |
| ------- | ------- | ---------- |
${rows.join('\n')}
`;
}

/** A table ends a cell at "|", and "<x>" would be taken for HTML. */
function inTable(sentence: string): string {
  return sentence.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
