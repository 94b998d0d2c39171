/** What the doctor asks of the logs: are their keys here, do they grow, and does what was published still stand? @module */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type HeadPlace, headFolder, openHeadPlace } from '../../app/head-place.ts';
import { guardAtStart } from '../../attestation/head-guard.ts';
import { type HeadState, listHeadStates } from '../../attestation/head-store.ts';
import { HeadConflict, type PublishedHeads } from '../../attestation/published-head.ts';
import { type Config, ConfigError } from '../../base/config.ts';
import { messagesOf } from '../../base/error-words.ts';
import { findSecretKey, parseSecretKey } from '../../base/secret-key.ts';
import { openSealer } from '../../endpoints/open-sealer.ts';
import { findKeyIdsAcrossTenants } from '../../endpoints/sealed-store.ts';
import { KeyPlaces } from '../../keys/key-places.ts';
import { keySettings } from '../../keys/key-settings.ts';
import { KeyError } from '../../keys/signer.ts';
import { listAttestationKeys } from '../../keys/store.ts';
import type { Log } from '../../logs/log.ts';
import { listLogs } from '../../logs/store.ts';
import type { Check, Installation } from './check.ts';
import { type Found, fail, ok, orOk, warn } from './finding.ts';

const keys: Check<Installation> = {
  name: 'keys',
  async run(installation) {
    const places = new KeyPlaces(keySettings(installation.config));
    const logs = await listLogs(installation.pool);
    const found = await Promise.all(logs.map((log) => findKeyProblem(installation, log, places)));
    const problems = found.filter((each) => each !== null);
    return orOk(problems, `those of all logs (${logs.length}) are here, and sign`);
  },
};

async function findKeyProblem(
  { pool }: Installation,
  log: Log,
  places: KeyPlaces,
): Promise<Found | null> {
  const known = await listAttestationKeys(pool, log.id);
  if (known.length === 0) {
    return warn(
      'none',
      `the log ${log.name} has no key yet`,
      'kapsel-server serve: its first start gives it one',
    );
  }
  const active = known.find(({ state }) => state === 'active');
  const rotate = `kapsel-server keys rotate --log ${log.name}`;
  if (active === undefined) {
    return fail(
      'rotation-unfinished',
      `the log ${log.name} has no active key: heads wait`,
      `${rotate}, where the announced key is`,
    );
  }
  try {
    if ((await places.find(active.publicKey)) !== null) {
      return known.some(({ state }) => state === 'announced')
        ? warn('rotation-begun', `the log ${log.name} is about to change its key`, rotate)
        : null;
    }
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return fail('unusable', messagesOf(error).join(': '), 'kapsel-server keys list');
  }
  const message = `the key of the log ${log.name} is neither in ${places.settings.firstKeyFile} nor in ${places.fileOf(active.publicKey)}`;
  return log.tenantId === null
    ? fail('missing', message, 'bring that file from the machine that rotated, or from the backup')
    : warn('missing', `${message}: other servers must sign it`, 'bring that file here');
}

const secrets: Check<Installation> = {
  name: 'secrets',
  async run({ pool, config }) {
    const file = join(resolve(config.dataDir), 'secret-key');
    const key = await findSecretKey(config.secretKey, file).catch((error: unknown) => error);
    if (key instanceof Error) return fail('unusable', key.message, `ls -l ${file}`);
    const sealed = await findKeyIdsAcrossTenants(pool);
    if (!(key instanceof Uint8Array)) {
      return sealed.length === 0
        ? ok('nothing is sealed yet: the first start makes a key')
        : fail(
            'missing',
            `secrets in the database are sealed, and there is neither KAPSEL_SECRET_KEY nor ${file}`,
            'bring that key from another server or from the backup',
          );
    }
    const others = config.otherSecretKeys.map((other) => parseSecretKey(other.reveal()));
    try {
      await openSealer(pool, key, others);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return fail('other-key', error.faults.join('\n'), 'see docs/operations.md, "its secrets"');
    }
    return ok('the secret key opens what is sealed');
  },
};

const STALE_MS = 300_000;
const FUTURE_MS = 5_000;
const SIGNING_MS = 1_000;

const logs: Check<Installation> = {
  name: 'logs',
  async run(installation) {
    const { config, clock } = installation;
    const found = await lookAtLogs(installation);
    if (!found.some(({ code }) => code === 'unsigned')) return found;
    // A log that has just begun to grow again is signed in a moment.
    await clock.sleep(config.headIntervalMs + SIGNING_MS);
    return lookAtLogs(installation);
  },
};

async function lookAtLogs({ pool, config, clock }: Installation): Promise<readonly Found[]> {
  const states = await listHeadStates(pool);
  const problems = states.flatMap((state) => findLogProblems(state, config, clock.nowMs()));
  const leaves = states.reduce((sum, { treeSize }) => sum + treeSize, 0);
  return orOk(
    problems,
    `all ${leaves} leaves are under a head, or will be in a moment (logs: ${states.length})`,
  );
}

function findLogProblems(
  { log, treeSize, haltedReason, newest }: HeadState,
  { idleHeadIntervalMs }: Config,
  nowMs: number,
): Found[] {
  const name = `the log ${log.name}`;
  if (haltedReason !== null) {
    const next = `kapsel-server audit --log ${log.name}; when it is whole: kapsel-server logs resume --log ${log.name}`;
    return [fail('halted', `${name} is halted: ${haltedReason}`, next)];
  }
  const ageMs = newest === null ? Number.POSITIVE_INFINITY : nowMs - newest.timestampMs;
  const unsigned = treeSize - (newest?.treeSize ?? 0);
  if (ageMs < -FUTURE_MS) {
    const next = 'date; the clock of whoever signed it was ahead, and heads go on from there';
    return [warn('future-head', `the newest head of ${name} is of the future`, next)];
  }
  const next = 'is a server running? Look for "signing failed" and "signing refused" in its log';
  if (unsigned > 0 && ageMs > STALE_MS) {
    return [fail('unsigned', `${unsigned} leaves of ${name} wait for a head`, next)];
  }
  if (newest !== null && ageMs > idleHeadIntervalMs + STALE_MS) {
    const minutes = Math.floor(ageMs / 60_000);
    return [warn('old-head', `the newest head of ${name} is ${minutes} minutes old`, next)];
  }
  return [];
}

const heads: Check<Installation> = {
  name: 'head-store',
  async run({ pool, config, clock }) {
    const states = await listHeadStates(pool);
    const folder = headFolder(config);
    if (folder !== null && !(await isThere(folder))) {
      return states.some(({ newest }) => newest !== null)
        ? fail(
            'missing',
            `${folder} is not there: the next start would take the database for what was published`,
            'mount or restore it before a server starts; see docs/operations.md, "Restore"',
          )
        : ok(`${folder} is made by the first start`);
    }
    let place: HeadPlace;
    try {
      place = await openHeadPlace(config, clock);
    } catch (error) {
      return unreachable('the head store', error);
    }
    const { published, close } = place;
    try {
      const found = await Promise.all(
        states.map(async (state) => {
          try {
            const { stored, newest } = await guardAtStart(pool, state.log, published);
            return stored === null && newest !== null ? forgotten(state.log, published) : null;
          } catch (error) {
            return headProblem(error, state.log, published);
          }
        }),
      );
      const problems = found.filter((each) => each !== null);
      return orOk(problems, `${published.place} agrees with the database`);
    } finally {
      await close();
    }
  },
};

function forgotten(log: Log, { place }: PublishedHeads): Found {
  return warn(
    'empty',
    `${place} knows no head of the log ${log.name}: a database that was set back would not be noticed by it`,
    'find out why it is empty; a server puts the newest head of the database there',
  );
}

function headProblem(error: unknown, log: Log, { place }: PublishedHeads): Found {
  if (error instanceof HeadConflict) {
    return fail(error.kind, error.message, 'keep both as they are; docs/operations.md, "Restore"');
  }
  return unreachable(`the head of the log ${log.name} in ${place}`, error);
}

function unreachable(what: string, error: unknown): Found {
  return fail(
    'unreachable',
    `${what}: ${messagesOf(error).join(': ')}`,
    'bring the store back: heads wait for it, leaves do not',
  );
}

async function isThere(folder: string): Promise<boolean> {
  try {
    await stat(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

export const LOG_CHECKS: readonly Check<Installation>[] = [keys, secrets, logs, heads];
