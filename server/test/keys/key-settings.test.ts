/** Where keys lie by default, and where the operator says. @module */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { assertKeySettings, keySettings } from '../../src/keys/key-settings.ts';

it('puts keys into the data folder', () => {
  const settings = keySettings(readConfig({ KAPSEL_DATA: join('/', 'srv', 'kapsel') }));
  expect(settings).toEqual({
    firstKeyFile: join('/', 'srv', 'kapsel', 'log-signing-key.pem'),
    keysDir: join('/', 'srv', 'kapsel', 'keys'),
    passphrase: null,
    environment: null,
  });
});

it('takes what is set', () => {
  const settings = keySettings(
    readConfig({
      KAPSEL_SIGNING_KEY_FILE: '/run/secrets/key.pem',
      KAPSEL_KEYS_DIR: '/run/secrets/keys',
      KAPSEL_SIGNING_KEY: 'seed',
      KAPSEL_KEY_PASSPHRASE: 'passphrase',
    }),
  );
  expect(settings).toMatchObject({
    firstKeyFile: '/run/secrets/key.pem',
    keysDir: '/run/secrets/keys',
  });
  expect([settings.environment?.reveal(), settings.passphrase?.reveal()]).toEqual([
    'seed',
    'passphrase',
  ]);
  expect(JSON.stringify(settings)).not.toContain('seed');
});

it('refuses a text that is no key, before anything is opened, without repeating it', () => {
  assertKeySettings(readConfig({}));
  assertKeySettings(readConfig({ KAPSEL_SIGNING_KEY: Buffer.alloc(32, 7).toString('base64') }));
  const refuse = (): void => assertKeySettings(readConfig({ KAPSEL_SIGNING_KEY: 'hunter2' }));
  expect(refuse).toThrow(ConfigError);
  expect(refuse).toThrow(/KAPSEL_SIGNING_KEY/);
  expect(refuse).not.toThrow(/hunter2/);
});
