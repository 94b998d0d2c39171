/** What the doctor asks of the traffic: does it flow, is there room for it, may it go where it is to go? @module */
import { rulesFromConfig } from '../../app/egress.ts';
import { headroomDays, listPartitions, PARTITIONED } from '../../db/partitions.ts';
import { readServerFacts } from '../../db/server-facts.ts';
import { readVitals } from '../../db/vitals.ts';
import { parseDestinationUrl } from '../../endpoints/destination-guard.ts';
import { listDestinationsAcrossTenants } from '../../endpoints/destination-store.ts';
import {
  listCircuitsAcrossTenants,
  measureBacklogAcrossTenants,
} from '../../queue/backlog-store.ts';
import type { Check, Installation } from './check.ts';
import { type Found, fail, orOk, warn } from './finding.ts';

const FAIL_DAYS = 14;
// A server makes four weeks and three months ahead, once a day.
const WARN_DAYS = { event_payloads: 21, delivery_attempts: 45, merkle_leaves: 45 };

const partitions: Check<Installation> = {
  name: 'partitions',
  async run({ pool, clock }) {
    const existing = await listPartitions(pool);
    const days = PARTITIONED.map((table) => ({
      table,
      left: Math.floor(headroomDays(existing, table, clock.nowMs())),
    }));
    const problems = days.flatMap(({ table, left }): Found[] => {
      if (left >= WARN_DAYS[table]) return [];
      const message = `the partitions of ${table} that exist last for ${left} days`;
      const next =
        'a running server makes more daily: look for "keeping partitions failed" in its log';
      return [left < FAIL_DAYS ? fail('short', message, next) : warn('short', message, next)];
    });
    return orOk(problems, days.map(({ table, left }) => `${table} ${left} days`).join(', '));
  },
};

const WARN_DUE_SECONDS = 30;
const FAIL_DUE_SECONDS = 300;
const MANY_CIRCUITS = 1_000;

const deliveries: Check<Installation> = {
  name: 'deliveries',
  async run({ pool }) {
    const { pendingEvents, pendingLeaves, oldestDueSeconds } =
      await measureBacklogAcrossTenants(pool);
    const { workerSessions } = await readServerFacts(pool);
    const open = (await listCircuitsAcrossTenants(pool, MANY_CIRCUITS)).length;
    const problems: Found[] = [];
    if (workerSessions === 0) {
      problems.push(
        warn(
          'no-server',
          'no server claims deliveries in this database',
          'kapsel-server serve; where one runs, its log says why it cannot connect',
        ),
      );
    }
    if (oldestDueSeconds > WARN_DUE_SECONDS) {
      const message = `the oldest due delivery has waited for ${Math.floor(oldestDueSeconds)} s`;
      const next =
        'start another server, or look for slow destinations: GET /v1/endpoints, kapsel_claim_lag_seconds';
      problems.push(
        oldestDueSeconds > FAIL_DUE_SECONDS
          ? fail('late', message, next)
          : warn('late', message, next),
      );
    }
    return orOk(
      problems,
      `${pendingEvents} events to be delivered, ${pendingLeaves} leaves waiting, ${open} circuits open`,
    );
  },
};

const MAX_URLS = 100_000;

const endpoints: Check<Installation> = {
  name: 'endpoints',
  async run({ pool, config }) {
    const rules = rulesFromConfig(config);
    const urls = await listDestinationsAcrossTenants(pool, MAX_URLS);
    const refused = urls.filter((url) => parseDestinationUrl(url, rules).kind === 'refused');
    const problems =
      refused.length === 0
        ? []
        : [
            warn(
              'refused',
              `${refused.length} of ${urls.length} endpoints are refused by the rules of today: their attempts end as blocked_address or bad_url`,
              'compare KAPSEL_EGRESS_ALLOW, KAPSEL_ALLOW_HTTP and KAPSEL_DENY_PORTS with what they were',
            ),
          ];
    return orOk(problems, `the rules refuse none of ${urls.length}, as far as URLs tell`);
  },
};

const MANY_DEAD_TUPLES = 100_000;
const OLD_XMIN = 10_000_000;
const BEHIND_SECONDS = 1;

const vitals: Check<Installation> = {
  name: 'vitals',
  async run({ pool }) {
    const { queueDeadTuples, oldestXminAge, replicationLagSeconds } = await readVitals(pool);
    const problems: Found[] = [];
    if (oldestXminAge > OLD_XMIN) {
      problems.push(
        warn(
          'old-snapshot',
          `somebody keeps a snapshot open that is ${oldestXminAge} transactions old`,
          'docs/runbook.md, KapselOldSnapshot',
        ),
      );
    }
    if (queueDeadTuples > MANY_DEAD_TUPLES) {
      problems.push(
        warn(
          'dead-tuples',
          `the queue has ${queueDeadTuples} dead rows`,
          'docs/runbook.md, KapselQueueBloated',
        ),
      );
    }
    if (replicationLagSeconds > BEHIND_SECONDS) {
      problems.push(
        warn(
          'replica-behind',
          `the furthest replica is ${replicationLagSeconds.toFixed(1)} s behind`,
          'docs/runbook.md, KapselReplicaBehind',
        ),
      );
    }
    return orOk(problems, `${queueDeadTuples} dead rows in the queue, no old snapshot`);
  },
};

export const TRAFFIC_CHECKS: readonly Check<Installation>[] = [
  partitions,
  deliveries,
  endpoints,
  vitals,
];
