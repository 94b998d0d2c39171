/** Where keys lie by the operator's settings. @module */
import { join, resolve } from 'node:path';
import { type Config, ConfigError } from '../base/config.ts';
import { KeyPlaces, type KeySettings } from './key-places.ts';
import { KeyError } from './signer.ts';

/** The first key of the shared log keeps its own file: that is where it was before there were others. */
export function keySettings(config: Config): KeySettings {
  const folder = resolve(config.dataDir);
  return {
    firstKeyFile: config.signingKeyFile ?? join(folder, 'log-signing-key.pem'),
    keysDir: config.keysDir ?? join(folder, 'keys'),
    passphrase: config.keyPassphrase,
    environment: config.signingKey,
  };
}

/** Throws ConfigError when KAPSEL_SIGNING_KEY is no key. Opens nothing. */
export function assertKeySettings(config: Config): void {
  try {
    new KeyPlaces(keySettings(config));
  } catch (error) {
    if (error instanceof KeyError) throw new ConfigError([error.message]);
    throw error;
  }
}
