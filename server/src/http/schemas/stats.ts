/** How a tenant stands, as the API shows it. @module */
import { type Static, Type } from 'typebox';
import type { TenantStats } from '../../queue/stats-store.ts';
import { Count } from './values.ts';

/** Events and deliveries are counted up to here. */
export const MOST_COUNTED = 10_000;

const BOUNDED = `Counted up to ${MOST_COUNTED}: that many may be more.`;

export const StatsJson = Type.Object(
  {
    events: Type.Object(
      { received: Count, pending: Count, delivered: Count, failed: Count, held: Count },
      { description: BOUNDED },
    ),
    queue: Type.Object(
      {
        waiting: Count,
        in_flight: Count,
        oldest_due_s: Type.Number({
          minimum: 0,
          description: 'How long the delivery that is most overdue has been due.',
          examples: [0.2],
        }),
      },
      { description: BOUNDED },
    ),
    endpoints: Type.Object({
      total: Count,
      disabled: Count,
      interrupted: Type.Integer({
        minimum: 0,
        description: 'Whose circuit is open, or is just being probed.',
        examples: [0],
      }),
    }),
  },
  { title: 'Stats' },
);
export type StatsJson = Static<typeof StatsJson>;

export function encodeStatsJson(stats: TenantStats): StatsJson {
  const { received, pending, delivered, failed, held } = stats;
  return {
    events: { received, pending, delivered, failed, held },
    queue: { waiting: stats.waiting, in_flight: stats.inFlight, oldest_due_s: stats.oldestDueS },
    endpoints: {
      total: stats.endpoints,
      disabled: stats.disabled,
      interrupted: stats.interrupted,
    },
  };
}
