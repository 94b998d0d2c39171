/** Every metric of the server, declared once: name, help, labels, the bound of each label, and buckets. @module */

/** How many values a label may take: these, or the first so many that come. All others become `other`. */
export type Bound = readonly string[] | number;

export interface Declared {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, Bound>>;
  readonly buckets?: readonly number[];
}

const MANY = 1_000;
const LONG_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PARTITIONED_TABLES = ['event_payloads', 'delivery_attempts', 'merkle_leaves'];
const POWERS_OF_TWO = Array.from({ length: 15 }, (_, i) => 2 ** i); // 1 to 16,384

function counter<L extends Readonly<Record<string, Bound>>>(name: string, help: string, labels: L) {
  return { kind: 'counter', name, help, labels } as const;
}

function gauge<L extends Readonly<Record<string, Bound>>>(name: string, help: string, labels: L) {
  return { kind: 'gauge', name, help, labels } as const;
}

function histogram<L extends Readonly<Record<string, Bound>>>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: L,
) {
  return { kind: 'histogram', name, help, labels, buckets } as const;
}

// The one list. `docs/operations.md` says what to do about each of them.
export const DECLARED = {
  ingested: counter('webhook_ingestion_total', 'Events, and lines of batches, by how they ended.', {
    tenant: MANY,
    status: ['accepted', 'duplicate', 'invalid_signature', 'too_large', 'rate_limited', 'error'],
  }),
  deliveryAttempts: counter('delivery_attempts_total', 'Settled delivery attempts by outcome.', {
    endpoint: MANY,
    result: ['delivered', 'rejected', 'failed', 'unknown'],
  }),
  deliverySeconds: histogram(
    'delivery_duration_seconds',
    'Time of one delivery attempt, from resolving the name to the end of the answer.',
    LONG_SECONDS,
    {},
  ),
  circuitState: gauge(
    'circuit_breaker_state',
    '0 closed, 1 open, 2 half-open. A circuit that has been closed for a while has no series.',
    { endpoint: MANY },
  ),
  pendingEvents: gauge('pending_events_total', 'Events that are still to be delivered.', {}),
  oldestDueAge: gauge(
    'kapsel_oldest_due_age_seconds',
    'How long the delivery that waits longest has been due without being claimed.',
    {},
  ),
  claimLag: histogram(
    'kapsel_claim_lag_seconds',
    'Time from the moment a delivery was due to its claim.',
    LONG_SECONDS,
    {},
  ),
  groupCommitRows: histogram(
    'kapsel_group_commit_rows',
    'Events of one commit.',
    POWERS_OF_TWO.slice(0, 9), // 1 to 256
    {},
  ),
  groupCommitSeconds: histogram(
    'kapsel_group_commit_seconds',
    'Time of one commit of events, repetitions included.',
    SECONDS,
    {},
  ),
  staleSettlements: counter(
    'kapsel_stale_settlements_total',
    'Results of attempts that came after the end of their lease, and were dropped.',
    {},
  ),
  pendingLeaves: gauge('kapsel_pending_leaves', 'Leaves that wait for their place in a tree.', {}),
  sequencingLag: gauge(
    'kapsel_sequencing_lag_seconds',
    'How long ago the leaf was settled that waits first for its place in a tree; 0 when none waits.',
    {},
  ),
  rateLimited: counter('kapsel_rate_limited_total', 'Requests that were told to come back later.', {
    class: ['ingest', 'api', 'proof', 'public'],
  }),
  rateLimitFallbacks: counter(
    'kapsel_rate_limit_fallbacks_total',
    'Requests that this server judged alone, because Redis did not answer.',
    {},
  ),
  poolWaiting: gauge('kapsel_pool_waiting', 'Callers that wait for a database connection.', {
    pool: ['ingest', 'worker', 'sequencer', 'api', 'reader', 'upkeep'],
  }),
  poolBusy: gauge('kapsel_pool_busy_connections', 'Database connections in use.', {
    pool: ['ingest', 'worker', 'sequencer', 'api', 'reader', 'upkeep'],
  }),
  queueDeadTuples: gauge(
    'kapsel_queue_dead_tuples',
    'Dead rows of the delivery queue that vacuum has not taken away yet, as PostgreSQL estimates.',
    {},
  ),
  oldestXminAge: gauge(
    'kapsel_oldest_xmin_age',
    'Age, in transactions, of the oldest snapshot that keeps dead rows from being vacuumed.',
    {},
  ),
  replicationLag: gauge(
    'kapsel_replication_lag_seconds',
    'Replay lag of the replica that is furthest behind; 0 without replicas.',
    {},
  ),
  eventLoopDelay: gauge(
    'kapsel_event_loop_delay_seconds',
    'How late the event loop ran its timers over the last five seconds; quantile 1 is the worst.',
    { quantile: ['0.5', '0.99', '1'] },
  ),
  batchSize: histogram(
    'merkle_batch_size',
    'Leaves added to a tree in one transaction.',
    POWERS_OF_TWO,
    {},
  ),
  sequencingSeconds: histogram(
    'kapsel_sequencing_seconds',
    'Time of one transaction that numbers leaves, from lock to commit.',
    SECONDS,
    {},
  ),
  headAge: gauge('kapsel_head_age_seconds', 'Age of the newest signed tree head.', { log: MANY }),
  unsignedLeaves: gauge(
    'kapsel_unsigned_leaves',
    'Leaves in the tree that no signed head covers yet.',
    { log: MANY },
  ),
  logHalted: gauge('kapsel_log_halted', '1 while the log takes no leaves and signs nothing.', {
    log: MANY,
  }),
  logRolledBack: gauge(
    'kapsel_log_rolled_back',
    '1 while the database is behind the newest published head, or beside it.',
    { log: MANY },
  ),
  proofSeconds: histogram('kapsel_proof_seconds', 'Time to make a proof.', SECONDS, {
    kind: ['inclusion', 'consistency', 'package'],
  }),
  proofCacheRequests: counter(
    'kapsel_proof_cache_requests_total',
    'Look-ups in the caches of proofs.',
    { cache: ['tile', 'proof', 'table'], result: ['hit', 'miss'] },
  ),
  partitionHeadroom: gauge(
    'kapsel_partition_headroom_days',
    'Days until the last partition that exists is full.',
    { table: PARTITIONED_TABLES },
  ),
  readReplicaLag: gauge(
    'kapsel_read_replica_lag_seconds',
    'How far a replica of DATABASE_READ_URLS is behind the primary, in their order.',
    { replica: 16 },
  ),
  readReplicaFresh: gauge('kapsel_read_replica_fresh', 'Whether a replica is read from.', {
    replica: 16,
  }),
  reads: counter(
    'kapsel_reads_total',
    'Reads that may go to a replica, by who answered; fallback: the primary, after a replica.',
    { from: ['replica', 'primary', 'fallback'] },
  ),
  partitionsOverdue: gauge(
    'kapsel_partitions_overdue',
    'Partitions past their retention that are kept because something still needs them.',
    { table: PARTITIONED_TABLES },
  ),
  partitionsRetired: counter(
    'kapsel_partitions_retired_total',
    'Partitions that this server has detached, or dropped a while after that.',
    { table: PARTITIONED_TABLES, what: ['detached', 'dropped'] },
  ),
  consistencyFailures: counter(
    'kapsel_consistency_failures_total',
    'Contradictions that the auditor found in a log.',
    {},
  ),
  auditCheckedLeaves: counter(
    'kapsel_audit_checked_leaves_total',
    'Leaves that the auditor checked again.',
    {},
  ),
  auditLastPass: gauge(
    'kapsel_audit_last_pass_timestamp_seconds',
    'When the auditor last came to the end of the log without a contradiction, Unix seconds.',
    { log: MANY },
  ),
  cosignatures: counter('kapsel_cosignatures_total', 'Checkpoints sent to witnesses.', {
    witness: MANY,
    result: ['cosigned', 'conflict', 'refused', 'unreachable', 'invalid'],
  }),
  anchors: gauge('kapsel_anchors', 'Anchors by how they stand.', {
    status: ['new', 'pending', 'header_not_given', 'confirmed', 'mismatch'],
  }),
  anchorAge: gauge(
    'kapsel_anchor_age_seconds',
    'Time since the newest head that is known to stand in a block was stamped.',
    { log: MANY },
  ),
  anchorWaiting: gauge(
    'kapsel_anchor_waiting_seconds',
    'How long the anchor that waits longest has had no way into a block; 0 when none waits.',
    {},
  ),
  calendarRequests: counter(
    'kapsel_calendar_requests_total',
    'Requests to calendars by what came of them.',
    {
      calendar: 16,
      op: ['stamp', 'upgrade'],
      result: ['ok', 'waiting', 'invalid', 'refused', 'unreachable'],
    },
  ),
  refusedAnchorAnswers: counter(
    'kapsel_anchor_refused_answers_total',
    'Answers of calendars that were not taken.',
    {
      calendar: 16,
      reason: [
        'malformed',
        'too-large',
        'no-calendar',
        'early-block',
        'no-block',
        'too-many',
        'too-deep',
        'wrong-block',
      ],
    },
  ),
  exportedSize: gauge('kapsel_exported_size', 'Tree size of the last exported checkpoint.', {
    log: MANY,
  }),
} as const;
