/** Settings of the requests to destinations, and of the keys under which their secrets are sealed. @module */
import { Secret } from './secret.ts';
import { parseSecretKey } from './secret-key.ts';
import { list, optionalText, type Setting, secretSetting, setting, whole } from './setting.ts';

export interface RequestConfig {
  readonly secretKeyCommand: string | null;
  readonly otherSecretKeys: readonly Secret[];
  readonly minTlsVersion: '1.2' | '1.3';
  readonly denyPorts: readonly number[];
}

export const REQUEST_SETTINGS: {
  readonly [K in keyof RequestConfig]: Setting<RequestConfig[K]>;
} = {
  secretKeyCommand: setting(
    'KAPSEL_SECRET_KEY_COMMAND',
    '',
    optionalText,
    'In place of KAPSEL_SECRET_KEY: a shell command that prints it, run at start. Further lines are keys that open what they sealed.',
  ),
  otherSecretKeys: secretSetting(
    'KAPSEL_OTHER_SECRET_KEYS',
    secretKeys,
    'Further secret keys (comma separated) that open what they sealed: the one before KAPSEL_SECRET_KEY, or the next one.',
  ),
  minTlsVersion: setting(
    'KAPSEL_MIN_TLS',
    '1.2',
    tlsVersion,
    'Oldest TLS version that is spoken with destinations: 1.2 or 1.3. Endpoints may ask for more.',
  ),
  denyPorts: setting(
    'KAPSEL_DENY_PORTS',
    '',
    ports,
    'Ports (comma separated) that are never delivered to, beside 25, 465 and 587.',
  ),
};

function secretKeys(raw: string): readonly Secret[] {
  return list(raw).map((text) => {
    parseSecretKey(text);
    return new Secret(text);
  });
}

function tlsVersion(raw: string): '1.2' | '1.3' {
  if (raw !== '1.2' && raw !== '1.3') throw new Error('wants 1.2 or 1.3');
  return raw;
}

function ports(raw: string): readonly number[] {
  return list(raw).map(whole(1, 65_535));
}
