/** One event: what it is, where its delivery stands, and every attempt with its proof. @module */
import { escapeForDisplay } from '@kapsel/verification';
import type { ReactElement } from 'react';
import type { Event as EventShape } from '../api-shapes.ts';
import { relativeTime, shortUtc } from '../page-time.ts';
import { fragmentFromRoute } from '../route.ts';
import { useAnswer, useDeed, useDesk, useMay } from '../use-answer.ts';
import { sayReason, sayStatus, sizeOf } from '../words.ts';
import { AttemptItem } from './attempt.tsx';
import { Fault, Needs, Refresh, Shown, Tag, When } from './states.tsx';

export function EventScreen({ id }: { readonly id: string }): ReactElement {
  return (
    <>
      <h1>Event</h1>
      <Needs scope="events:read">
        <Event id={id} />
      </Needs>
    </>
  );
}

function Event({ id }: { readonly id: string }): ReactElement {
  const path = `/v1/events/${encodeURIComponent(id)}`;
  const { reload, isReloading, ...asked } = useAnswer<EventShape>(path);
  return (
    <Shown
      asked={asked}
      reload={reload}
      show={(event) => (
        <>
          <Facts event={event}>
            <div className="actions">
              <Retry id={event.id} onDone={reload} />
              <Refresh reload={reload} isReloading={isReloading} />
            </div>
          </Facts>
          <Timeline event={event} />
        </>
      )}
    />
  );
}

function Facts({
  event,
  children,
}: {
  readonly event: EventShape;
  readonly children: ReactElement;
}): ReactElement {
  const { word, tone } = sayStatus(event);
  return (
    <section className="panel" aria-labelledby="event-status">
      <div className="title-line">
        <h2 id="event-status">
          <Tag tone={tone}>{word}</Tag>
        </h2>
        {children}
      </div>
      {event.failure_reason !== null && <p>{sayReason(event.failure_reason)}</p>}
      {event.held && (
        <p>
          It waits at a paused endpoint.{' '}
          <a href={fragmentFromRoute('endpoints', event.endpoint_id)}>Enable the endpoint</a> to let
          it go.
        </p>
      )}
      <dl className="facts">
        <div>
          <dt>Event</dt>
          <dd>
            <code>{event.id}</code>
          </dd>
        </div>
        <div>
          <dt>Endpoint</dt>
          <dd>
            <a href={fragmentFromRoute('endpoints', event.endpoint_id)}>
              <code>{event.endpoint_id}</code>
            </a>
          </dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd>
            <When time={event.received_at} text={`${shortUtc(event.received_at)} UTC`} />
          </dd>
        </div>
        <div>
          <dt>Body</dt>
          <dd>
            {sizeOf(event.payload_size)}
            {event.content_type !== null && `, ${escapeForDisplay(event.content_type)}`}
          </dd>
        </div>
        <div>
          <dt>SHA-256 of the body</dt>
          <dd>
            <code>{event.payload_hash}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Retry({
  id,
  onDone,
}: {
  readonly id: string;
  readonly onDone: () => void;
}): ReactElement | null {
  const { api } = useDesk();
  const may = useMay('events:write');
  const { isRunning, fault, run } = useDeed<{ held: boolean }>();
  if (!may) return null;
  return (
    <>
      <Fault fault={fault} />
      <button
        type="button"
        aria-disabled={isRunning}
        onClick={() =>
          void run(() => api.call('POST', `/v1/events/${encodeURIComponent(id)}/retry`), onDone)
        }
      >
        {isRunning ? 'Retrying…' : 'Retry'}
      </button>
    </>
  );
}

function Timeline({ event }: { readonly event: EventShape }): ReactElement {
  const { nowMs } = useDesk();
  const { attempts, next_attempt_at: nextAt } = event;
  return (
    <section className="panel" aria-labelledby="timeline">
      <h2 id="timeline">Delivery attempts</h2>
      {attempts.length === 0 && nextAt === null && (
        <p className="muted">None so far{event.held ? ': it is held' : ''}.</p>
      )}
      <ol className="timeline">
        {attempts.map((attempt) => (
          <AttemptItem key={attempt.delivery_attempt_id} attempt={attempt} />
        ))}
        {nextAt !== null && (
          <li className="calm">
            <p>
              <strong>Next attempt</strong> <When time={nextAt} text={`${shortUtc(nextAt)} UTC`} />{' '}
              ({relativeTime(nextAt, nowMs())})
            </p>
          </li>
        )}
      </ol>
    </section>
  );
}
