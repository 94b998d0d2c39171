/** Which roles run the statements of each store in production: the pool that `app.ts` and the commands hand to it. @module */

type Roles = readonly string[];

const [INGEST, WORKER, SEQUENCER] = ['kapsel_ingest', 'kapsel_worker', 'kapsel_sequencer'];
const [API, READER, OWNER] = ['kapsel_api', 'kapsel_reader', 'kapsel_owner'];

/** Of a whole file, or of those functions and statements of it that differ from the rest. */
const RUN_BY: Readonly<Record<string, Roles | Readonly<Record<string, Roles>>>> = {
  'anchors/overview-store.ts': [WORKER],
  'anchors/store.ts': {
    '': [WORKER],
    findAnchor: [READER],
    listAnchors: [READER],
    listCoveringAnchors: [READER],
  },
  'attestation/export-store.ts': [WORKER],
  'attestation/head-store.ts': {
    '': [SEQUENCER, WORKER, READER],
    insertHead: [SEQUENCER],
    listHeadStates: [SEQUENCER],
  },
  'attestation/leaf-store.ts': {
    '': [READER],
    findLeafByAttempt: [API],
    hasAttempt: [API],
    isPendingAttempt: [API],
  },
  'attestation/pending-store.ts': {
    '': [SEQUENCER],
    insertPendingLeavesAcrossTenants: [WORKER, SEQUENCER],
  },
  'attestation/tile-store.ts': { '': [READER, SEQUENCER, WORKER], writeTiles: [SEQUENCER] },
  'audit/settled-store.ts': [WORKER],
  'audit/store.ts': [WORKER],
  'db/migrate.ts': [],
  'db/partitions.ts': {
    '': [SEQUENCER, WORKER],
    ensurePartitions: [SEQUENCER],
    retirePartitions: [OWNER],
  },
  'db/ping.ts': [INGEST, READER],
  'db/reads.ts': [],
  'db/replicas.ts': { '': [READER], WRITE_BEAT: [WORKER] },
  'db/server-facts.ts': [],
  'db/setup-lock.ts': [SEQUENCER, WORKER],
  'db/vitals.ts': [WORKER],
  'db/walls.ts': [INGEST, WORKER, SEQUENCER, API, READER],
  'delivery/circuit-store.ts': [WORKER],
  'embedded/cluster-store.ts': [],
  'endpoints/credentials-store.ts': [API],
  'endpoints/destination-store.ts': [WORKER],
  'endpoints/outgoing-store.ts': [WORKER],
  'endpoints/replace-store.ts': [API],
  'endpoints/sealed-store.ts': [WORKER],
  'endpoints/signature-store.ts': [API],
  'endpoints/signing-store.ts': {
    '': [API],
    insertPair: [API, WORKER],
    findWithoutPairAcrossTenants: [WORKER],
  },
  'endpoints/state-store.ts': { '': [API], noteHealthAcrossTenants: [WORKER] },
  'endpoints/store.ts': [API],
  'events/idempotency-store.ts': { '': [INGEST], sweepKeysAcrossTenants: [WORKER] },
  'events/store.ts': { '': [API], insertEventsAcrossTenants: [INGEST] },
  'events/payload-store.ts': [API],
  'ingest/target-store.ts': [INGEST],
  'keys/statement-store.ts': {
    '': [SEQUENCER],
    listKeyStatements: [SEQUENCER, READER, WORKER],
  },
  'keys/store.ts': {
    '': [SEQUENCER],
    listAttestationKeys: [SEQUENCER, READER, WORKER],
    findKeyInState: [SEQUENCER, READER],
  },
  'logs/halt-store.ts': [SEQUENCER],
  'logs/store.ts': {
    '': [SEQUENCER, WORKER, READER],
    LOCK_TREE_STATE: [SEQUENCER],
    insertLog: [SEQUENCER],
    moveTreeState: [SEQUENCER],
    haltLog: [SEQUENCER, WORKER],
    tryLockSequencer: [SEQUENCER],
    tryLockSigning: [SEQUENCER],
  },
  'proofs/share-store.ts': {
    '': [API],
    deleteLinksAcrossTenants: [WORKER],
    findShareOwnerAcrossTenants: [READER],
  },
  'queue/backlog-store.ts': [WORKER],
  'queue/claim-store.ts': [WORKER],
  'queue/close-store.ts': [WORKER],
  'queue/replay-many-store.ts': [API],
  'queue/replay-store.ts': [API],
  'queue/set-aside-store.ts': { '': [WORKER], holdOneDisabledAcrossTenants: [API] },
  'queue/stats-store.ts': [API],
  'queue/store.ts': [WORKER],
  'queue/turn-store.ts': [WORKER],
  'tenants/key-store.ts': { '': [API, WORKER], noteKeyUse: [INGEST, READER] },
  'tenants/tenant-store.ts': [WORKER],
  'tenants/store.ts': {
    '': [WORKER],
    findCallerByKeyHash: [INGEST, READER],
    findTier: [INGEST],
  },
  'witnesses/store.ts': { '': [SEQUENCER], findNewestWitnessedHead: [READER] },
};

/** Throws for a store that nobody has placed. */
export function rolesRunning(file: string, statement: string, functions: readonly string[]): Roles {
  const roles = RUN_BY[file];
  if (roles === undefined) throw new Error(`say in statement-roles.ts which role runs ${file}`);
  if (Array.isArray(roles)) return roles;
  const byName = roles as Readonly<Record<string, Roles>>;
  const found = functions.flatMap((name) => byName[name] ?? byName[''] ?? []);
  return byName[statement] ?? [...new Set(found)];
}
