/** `kapsel-server keys revoke`: a key that signs no more is found to have been stolen, and the log says from when on. @module */
import { bytesFromHex } from '@kapsel/verification';
import { revokeKey } from '../attestation/revoke-key.ts';
import { systemClock } from '../base/clock.ts';
import { KeyPlaces } from '../keys/key-places.ts';
import { keySettings } from '../keys/key-settings.ts';
import { KeyError } from '../keys/signer.ts';
import { type Command, JSON_OPTION, UsageError } from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { LOG_OPTION, pickLog } from './pick-log.ts';
import { readTime } from './read-time.ts';

const KEY_ID = /^[0-9a-f]{64}$/;

export const revokeKeyCommand: Command = {
  words: 'keys revoke',
  help: 'say that a key which was retired earlier was stolen; the key after it signs that',
  options: {
    log: LOG_OPTION,
    'key-id': { value: 'ID', help: 'The retired key, as "keys list" shows it.', isRequired: true },
    'stolen-at': {
      value: 'TIME',
      help: 'When it was stolen at the earliest, as 2026-01-15T10:30:45Z.',
      isRequired: true,
    },
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const keyId = input.demand('key-id');
    if (!KEY_ID.test(keyId)) {
      throw new UsageError('--key-id wants 64 lower-case hex digits', revokeKeyCommand);
    }
    const stolenAtMs = readTime(
      'stolen-at',
      input.demand('stolen-at'),
      systemClock.nowMs(),
      revokeKeyCommand,
    );
    const places = new KeyPlaces(keySettings(config));
    const { log, isNew } = await withDatabase(config, note, async ({ sequencer: pool }) => {
      const log = await pickLog(pool, input);
      const isNew = await revokeKey({ pool, places }, log, bytesFromHex(keyId), stolenAtMs).catch(
        (error: unknown) => {
          throw error instanceof KeyError ? new UsageError(error.message, revokeKeyCommand) : error;
        },
      );
      return { log, isNew };
    });
    if (input.flag('json')) {
      print(JSON.stringify({ log: log.origin, name: log.name, key_id: keyId, revoked: isNew }));
      return undefined;
    }
    print(isNew ? `${log.origin} revokes the key ${keyId}.` : 'That key was revoked before.');
    if (isNew) print('Its statement enters the log with the next tick of a server.');
    return undefined;
  },
};
