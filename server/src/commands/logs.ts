/** `kapsel-server logs create|list`: the shared log, and logs of their own for tenants that bring their key. @module */
import { encodeVkey, hexFromBytes, keyIdFromPublicKey } from '@kapsel/verification';
import { systemClock } from '../base/clock.ts';
import { isUuid, type TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import { createTenantLog, LogRefusedError } from '../keys/create-log.ts';
import { KeyPlaces } from '../keys/key-places.ts';
import { keySettings } from '../keys/key-settings.ts';
import { findKeyInState } from '../keys/store.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState, listLogs } from '../logs/store.ts';
import { type Command, type CommandInput, JSON_OPTION, UsageError } from './command.ts';
import { withDatabase } from './migrated-database.ts';
import { NEXT_KEY_OPTIONS, nextKey } from './next-key.ts';

export const createLogCommand: Command = {
  words: 'logs create',
  help: 'give a tenant a log of its own, with its own origin and key',
  options: {
    tenant: {
      value: 'ID',
      help: 'The tenant whose deliveries it takes from now on.',
      isRequired: true,
    },
    name: {
      value: 'NAME',
      help: 'Its name in paths and queries: lower-case letters, digits and hyphens.',
      isRequired: true,
    },
    origin: { value: 'ORIGIN', help: 'Its name inside proofs, for ever.', isRequired: true },
    public: { value: null, help: 'It answers everybody; without this, its tenant alone.' },
    ...NEXT_KEY_OPTIONS,
    json: JSON_OPTION,
  },
  async run({ config, print, note }, input) {
    const wish = readWish(input);
    const places = new KeyPlaces(keySettings(config));
    const nextSigner = nextKey(places, input);
    const { log, signer } = await withDatabase(config, note, ({ sequencer }) =>
      createTenantLog(sequencer, wish, nextSigner, systemClock.nowMs()).catch(asUsageError),
    );
    const { publicKey } = signer;
    const key = {
      key_id: keyIdFromPublicKey(publicKey),
      public_key: hexFromBytes(publicKey),
      vkey: encodeVkey(log.origin, publicKey),
    };
    if (input.flag('json')) {
      print(JSON.stringify({ ...encodeLog(log), ...key }));
      return undefined;
    }
    print(`The tenant ${wish.tenantId} has a log of its own.`);
    print(`  Log         ${log.origin} (${log.name}), ${log.isPublic ? 'public' : 'private'}`);
    print(`  Key id      ${key.key_id}`);
    print(`  Public key  ${key.public_key}`);
    print(`  Vkey        ${key.vkey}`);
    print('Bring the key to every server and to the backup.');
    return undefined;
  },
};

function readWish(input: CommandInput): Parameters<typeof createTenantLog>[1] {
  const tenantId = input.demand('tenant');
  if (!isUuid(tenantId))
    throw new UsageError('--tenant wants the id of a tenant', createLogCommand);
  return {
    tenantId: tenantId as TenantId,
    name: input.demand('name'),
    origin: input.demand('origin'),
    isPublic: input.flag('public'),
  };
}

function asUsageError(error: unknown): never {
  if (error instanceof LogRefusedError) throw new UsageError(error.message, createLogCommand);
  throw error;
}

export const listLogsCommand: Command = {
  words: 'logs list',
  help: 'show all logs, their sizes and the keys they sign with',
  options: { json: JSON_OPTION },
  async run({ config, print, note }, input) {
    const found = await withDatabase(config, note, async ({ reader }) =>
      Promise.all((await listLogs(reader)).map((log) => describeLog(reader, log))),
    );
    if (input.flag('json')) {
      print(JSON.stringify(found));
      return undefined;
    }
    for (const log of found) {
      const owner = log.tenant_id === null ? 'shared' : `tenant ${log.tenant_id}`;
      const halted = log.halted_reason === null ? '' : `, HALTED: ${log.halted_reason}`;
      print(`${log.log} (${log.name}), ${owner}, ${log.is_public ? 'public' : 'private'}`);
      print(`  ${log.tree_size} leaves, key ${log.key_id ?? 'none'}${halted}`);
    }
    return undefined;
  },
};

interface LogJson {
  readonly log: string;
  readonly name: string;
  readonly tenant_id: string | null;
  readonly is_public: boolean;
}

function encodeLog(log: Log): LogJson {
  return { log: log.origin, name: log.name, tenant_id: log.tenantId, is_public: log.isPublic };
}

async function describeLog(
  db: Db,
  log: Log,
): Promise<LogJson & { tree_size: number; key_id: string | null; halted_reason: string | null }> {
  const { treeSize, haltedReason } = await getTreeState(db, log.id);
  const key = await findKeyInState(db, log.id, 'active');
  return {
    ...encodeLog(log),
    tree_size: treeSize,
    key_id: key === null ? null : hexFromBytes(key.keyId),
    halted_reason: haltedReason,
  };
}
