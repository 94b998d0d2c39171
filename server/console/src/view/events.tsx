/** Events: filtered by what stands in the address, page by page; dead letters and held ones among them. @module */
import { escapeForDisplay } from '@kapsel/verification';
import type { ReactElement } from 'react';
import type { EndpointList, EventList, EventSummary } from '../api-shapes.ts';
import { relativeTime, shortUtc } from '../page-time.ts';
import { fragmentFromRoute } from '../route.ts';
import { useAnswer, useDesk, useMay } from '../use-answer.ts';
import { countOf, sayReason, sayStatus, sizeOf } from '../words.ts';
import { type EndpointNames, EventFilter, type FilterQuery } from './event-filter.tsx';
import { Pages } from './pages.tsx';
import { RetryAll } from './retry-all.tsx';
import { Empty, Needs, Refresh, Shown, Tag, When } from './states.tsx';

const PAGE_SIZE = '25';
/** What the list is narrowed by, as the API names it. */
const FILTERS = ['status', 'held', 'endpoint_id', 'since', 'until'] as const;

export function EventsScreen({ query }: { readonly query: FilterQuery }): ReactElement {
  return (
    <>
      <h1>Events</h1>
      <Needs scope="events:read">
        <Events query={query} />
      </Needs>
    </>
  );
}

function Events({ query }: { readonly query: FilterQuery }): ReactElement {
  const filter = Object.fromEntries(
    FILTERS.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])),
  );
  const cursor = query.cursor === undefined ? {} : { cursor: query.cursor };
  const search = new URLSearchParams({ ...filter, limit: PAGE_SIZE, ...cursor });
  const { reload, isReloading, ...asked } = useAnswer<EventList>(`/v1/events?${search}`);
  const endpoints = useEndpointNames();
  return (
    <>
      <EventFilter filter={filter} endpoints={endpoints} />
      <Shown
        asked={asked}
        reload={reload}
        show={(list) => (
          <section aria-label="Events that match">
            <div className="list-head">
              <p role="status">
                {countOf(list.total, list.total_is_lower_bound, 'event')}, newest first
              </p>
              <div className="actions">
                <RetryAll filter={filter} onDone={reload} />
                <Refresh reload={reload} isReloading={isReloading} />
              </div>
            </div>
            {list.data.length === 0 ? (
              <NoEvents isFiltered={Object.keys(filter).length > 0} />
            ) : (
              <EventTable events={list.data} endpoints={endpoints} />
            )}
            <Pages
              screen="events"
              filter={filter}
              cursor={query.cursor}
              nextCursor={list.next_cursor}
            />
          </section>
        )}
      />
    </>
  );
}

function NoEvents({ isFiltered }: { readonly isFiltered: boolean }): ReactElement {
  return isFiltered ? (
    <Empty title="No events match">Nothing fits this filter. Widen it, or show all events.</Empty>
  ) : (
    <Empty title="No events yet">
      Events appear here as soon as a webhook is sent to one of your endpoints:{' '}
      <code>POST /ingest/ENDPOINT_ID</code>.
    </Empty>
  );
}

function EventTable({
  events,
  endpoints,
}: {
  readonly events: readonly EventSummary[];
  readonly endpoints: EndpointNames;
}): ReactElement {
  const { nowMs } = useDesk();
  const now = nowMs();
  return (
    <table className="wide">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Status</th>
          <th scope="col">Endpoint</th>
          <th scope="col">Received</th>
          <th scope="col" className="number">
            Size
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => {
          const { word, tone } = sayStatus(event);
          return (
            <tr key={event.id}>
              <th scope="row">
                <a href={fragmentFromRoute('events', event.id)}>
                  <code>{event.id}</code>
                </a>
              </th>
              <td>
                <Tag tone={tone}>{word}</Tag>
                {event.failure_reason !== null && (
                  <p className="note">{sayReason(event.failure_reason)}</p>
                )}
              </td>
              <td>
                <a href={fragmentFromRoute('endpoints', event.endpoint_id)}>
                  {escapeForDisplay(endpoints?.get(event.endpoint_id) ?? event.endpoint_id)}
                </a>
              </td>
              <td>
                <When
                  time={event.received_at}
                  text={`${shortUtc(event.received_at)} (${relativeTime(event.received_at, now)})`}
                />
              </td>
              <td className="number">{sizeOf(event.payload_size)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Destinations by the id of their endpoint, of the newest hundred; null where the key may not see them. */
function useEndpointNames(): EndpointNames {
  const may = useMay('endpoints:read');
  const asked = useAnswer<EndpointList>(may ? '/v1/endpoints?limit=100' : null);
  if (!may) return null;
  if (asked.kind !== 'there') return new Map();
  return new Map(asked.value.data.map(({ id, url, description }) => [id, description || url]));
}
