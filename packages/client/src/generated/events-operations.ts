/** The operations of "events", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type { Event, EventList, QueuedEvent, Replay, ReplayRequest } from './events-schemas.ts';

export interface EventsOperations {
  /** An event with its delivery attempts. */
  readonly getEvent: {
    readonly args: {
      readonly path: { readonly event_id: string };
      readonly query?: { readonly payload?: 'true' | 'false' | undefined };
    };
    readonly answer: Event;
  };
  /** Events, newest first. */
  readonly listEvents: {
    readonly args: {
      readonly query?: {
        readonly status?: 'received' | 'pending' | 'delivered' | 'failed' | undefined;
        readonly held?: 'true' | 'false' | undefined;
        readonly endpoint_id?: string | undefined;
        readonly since?: string | undefined;
        readonly until?: string | undefined;
        readonly page?: string | undefined;
        readonly limit?: string | undefined;
        readonly cursor?: string | undefined;
      };
    };
    readonly answer: EventList;
  };
  /** Delivers one event once more. */
  readonly retryEvent: {
    readonly args: { readonly path: { readonly event_id: string } };
    readonly answer: QueuedEvent;
  };
  /** Delivers all events that a filter fits once more. */
  readonly replayEvents: {
    readonly args: {
      readonly headers?: { readonly 'Idempotency-Key'?: string | undefined };
      readonly body: ReplayRequest;
    };
    readonly answer: Replay;
  };
}

export const EVENTS_OPERATIONS: Readonly<Record<keyof EventsOperations, OperationFacts>> = {
  getEvent: { method: 'GET', path: '/v1/events/{event_id}', body: null, answer: 'json' },
  listEvents: { method: 'GET', path: '/v1/events', body: null, answer: 'json' },
  retryEvent: { method: 'POST', path: '/v1/events/{event_id}/retry', body: null, answer: 'json' },
  replayEvents: {
    method: 'POST',
    path: '/v1/events/replay',
    body: 'application/json',
    answer: 'json',
  },
};
