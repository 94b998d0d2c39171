/** Events that are delivered again, one or many, as the API is asked for it and answers. @module */
import { type Static, Type } from 'typebox';
import { NARROWING } from './event-list.ts';
import { Count, Id } from './values.ts';

export const RetryJson = Type.Object(
  {
    event_id: Id,
    held: Type.Boolean({
      description: 'Its endpoint is disabled, and lets it go when it is enabled.',
      examples: [false],
    }),
  },
  { title: 'QueuedEvent' },
);
export type RetryJson = Static<typeof RetryJson>;

/** The most events of one replay. */
export const MAX_REPLAYED = 10_000;

export const ReplayBody = Type.Object(
  {
    status: Type.Enum(['failed', 'delivered'], {
      description: 'Which events: dead letters, or those that were delivered.',
    }),
    ...NARROWING,
    dry_run: Type.Optional(
      Type.Boolean({ description: 'Counts, and changes nothing.', examples: [true] }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_REPLAYED,
        description: 'How many at most, the oldest first: else 10,000.',
        examples: [1000],
      }),
    ),
  },
  { additionalProperties: false, title: 'ReplayRequest' },
);
export type ReplayBody = Static<typeof ReplayBody>;

export const ReplayJson = Type.Object(
  {
    dry_run: Type.Boolean({ examples: [false] }),
    matched: Count,
    matched_is_lower_bound: Type.Boolean({
      description: 'True when there are more than the 10,000 that are counted.',
      examples: [false],
    }),
    queued: Count,
    held: Type.Integer({
      minimum: 0,
      description: 'Of disabled endpoints: released when they are enabled.',
      examples: [0],
    }),
  },
  { title: 'Replay' },
);
export type ReplayJson = Static<typeof ReplayJson>;
