/** `kapsel-server keys rotate`: a log changes its key, beside servers that run or without one. @module */
import { encodeVkey, hexFromBytes, keyIdFromPublicKey } from '@kapsel/verification';
import { openHeadPlace } from '../app/head-place.ts';
import { type Rotation, rotateKey } from '../attestation/rotate-key.ts';
import { systemClock } from '../base/clock.ts';
import { violatedConstraint } from '../db/errors.ts';
import type { Pools } from '../db/pools.ts';
import { KeyPlaces } from '../keys/key-places.ts';
import { createKeyRing } from '../keys/key-ring.ts';
import { keySettings } from '../keys/key-settings.ts';
import { KeyError } from '../keys/signer.ts';
import type { Log } from '../logs/log.ts';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  JSON_OPTION,
  UsageError,
} from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { NEXT_KEY_OPTIONS, nextKey } from './next-key.ts';
import { LOG_OPTION, pickLog } from './pick-log.ts';
import { readTime } from './read-time.ts';

export const rotateKeysCommand: Command = {
  words: 'keys rotate',
  help: 'change the key of a log, or finish a change that was interrupted',
  options: {
    log: LOG_OPTION,
    ...NEXT_KEY_OPTIONS,
    emergency: {
      value: null,
      help: 'The key was stolen: it signs nothing more, and the log says from when on not to believe it.',
    },
    'stolen-at': {
      value: 'TIME',
      help: 'With --emergency: when it was stolen at the earliest, as 2026-01-15T10:30:45Z.',
    },
    json: JSON_OPTION,
  },
  async run(context, input) {
    const stolenAtMs = readTheft(input, systemClock.nowMs());
    const places = new KeyPlaces(keySettings(context.config));
    const nextSigner = nextKey(places, input);
    const { log, rotation } = await withDatabase(context.config, context.note, async (pools) => {
      const log = await pickLog(pools.api, input);
      const wish = { nextSigner, stolenAtMs };
      return { log, rotation: await rotate(context, pools, places, log, wish) };
    });
    tell(context, input, log, rotation);
    const named = input.text('key') ?? input.text('key-id');
    if (!rotation.isNew && named !== null) {
      context.note('The rotation that had begun had its own key: the one you named was not used.');
    }
    return undefined;
  },
};

function readTheft(input: CommandInput, nowMs: number): number | null {
  const text = input.text('stolen-at');
  if (!input.flag('emergency')) {
    if (text === null) return null;
    throw new UsageError('--stolen-at goes with --emergency', rotateKeysCommand);
  }
  if (text === null) throw new UsageError('--emergency wants --stolen-at TIME', rotateKeysCommand);
  return readTime('stolen-at', text, nowMs, rotateKeysCommand);
}

async function rotate(
  { config }: CommandContext,
  { sequencer: pool }: Pools,
  places: KeyPlaces,
  log: Log,
  wish: Parameters<typeof rotateKey>[2],
): Promise<Rotation> {
  const { published, close } = await openHeadPlace(config, systemClock);
  const deps = { pool, clock: systemClock, places, ring: createKeyRing(places), published };
  try {
    return await rotateKey(deps, log, wish);
  } catch (cause) {
    if (violatedConstraint(cause)?.startsWith('attestation_keys_') !== true) throw cause;
    throw new KeyError('that key was used before: want one that is new', { cause });
  } finally {
    await close();
  }
}

function tell(
  { print }: CommandContext,
  input: CommandInput,
  log: Log,
  { publicKey, isNew, firstHead }: Rotation,
): void {
  const keyId = keyIdFromPublicKey(publicKey);
  const vkey = encodeVkey(log.origin, publicKey);
  const treeSize = firstHead?.treeSize ?? null;
  if (input.flag('json')) {
    const key = { key_id: keyId, public_key: hexFromBytes(publicKey), vkey };
    const members = { log: log.origin, name: log.name, ...key, resumed: !isNew };
    print(JSON.stringify({ ...members, tree_size: treeSize }));
    return;
  }
  print(isNew ? `${log.origin} signs with a new key.` : 'A rotation that had begun is finished.');
  print(`  Log         ${log.origin} (${log.name})`);
  print(`  Key id      ${keyId}`);
  print(`  Public key  ${hexFromBytes(publicKey)}`);
  print(`  Vkey        ${vkey}`);
  print(
    `  First head  ${treeSize === null ? 'with the next tick of a server' : `size ${treeSize}`}`,
  );
  print(
    'Publish the new key beside the old one, and bring its file to every server and to the backup.',
  );
}
