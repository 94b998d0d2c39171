/** The list of events: its query parameters, its filter, and a page of it. @module */
import { type Static, Type } from 'typebox';
import { type EndpointId, isUuid } from '../../base/ids.ts';
import type { EventFilter } from '../../events/store.ts';
import { invalidAt } from '../invalid-at.ts';
import { EventSummary } from './event.ts';
import { parseQueryTime } from './query-time.ts';
import { Count, CursorText, LimitText, NextCursor } from './values.ts';

const TimeText = (description: string) =>
  Type.String({ maxLength: 40, description, examples: ['2026-01-15T10:30:45Z'] });

const EndpointIdText = Type.String({
  maxLength: 100,
  description: 'Only events of this endpoint.',
  examples: ['01935b7c-1f2e-7a3b-8c4d-5e6f708192a3'],
});

/** By which endpoint, and from when: what all lists of events and attempts are narrowed by. */
export const NARROWING = {
  endpoint_id: Type.Optional(EndpointIdText),
  since: Type.Optional(TimeText('Only from this time on.')),
  until: Type.Optional(TimeText('Only before this time.')),
};

export const EventListQuery = Type.Object(
  {
    status: Type.Optional(
      Type.Enum(['received', 'pending', 'delivered', 'failed'], {
        description: 'Only events of this status; failed ones are the dead letters.',
      }),
    ),
    held: Type.Optional(
      Type.Enum(['true', 'false'], {
        description: 'Only events that wait at a disabled endpoint, or only the others.',
      }),
    ),
    ...NARROWING,
    page: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,4}$',
        description: 'Which page, from 1, up to the 10,000th event; beyond it use `cursor`.',
        examples: ['1'],
      }),
    ),
    limit: Type.Optional(LimitText),
    cursor: Type.Optional(CursorText),
  },
  { additionalProperties: false },
);
export type EventListQuery = Static<typeof EventListQuery>;

export const EventListJson = Type.Object(
  {
    data: Type.Array(EventSummary),
    page: Type.Integer({ minimum: 1, examples: [1] }),
    limit: Type.Integer({ minimum: 1, examples: [20] }),
    total: Count,
    total_is_lower_bound: Type.Boolean({
      description: 'True when there are more than the 10,000 that are counted.',
      examples: [false],
    }),
    next_cursor: NextCursor,
  },
  { title: 'EventList' },
);
export type EventListJson = Static<typeof EventListJson>;

export interface Narrowing {
  readonly endpointId: EndpointId | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

export interface NarrowingTexts {
  readonly endpoint_id?: string;
  readonly since?: string;
  readonly until?: string;
}

/** Failure `invalid_request` for an id or a time that is none. Another tenant's endpoint narrows to nothing. */
export function narrowingFrom(texts: NarrowingTexts): Narrowing {
  const { endpoint_id: endpointId } = texts;
  if (endpointId !== undefined && !isUuid(endpointId)) {
    throw invalidAt('/endpoint_id', 'is not an id');
  }
  return {
    endpointId: (endpointId as EndpointId | undefined) ?? null,
    sinceMs: timeFrom(texts.since, '/since'),
    untilMs: timeFrom(texts.until, '/until'),
  };
}

export function filterFrom(query: EventListQuery): EventFilter {
  return {
    status: query.status ?? null,
    held: query.held === undefined ? null : query.held === 'true',
    ...narrowingFrom(query),
  };
}

function timeFrom(text: string | undefined, path: string): number | null {
  if (text === undefined) return null;
  const timeMs = parseQueryTime(text);
  if (timeMs === null) throw invalidAt(path, 'must be a time like 2026-01-31T12:00:00Z');
  return timeMs;
}
