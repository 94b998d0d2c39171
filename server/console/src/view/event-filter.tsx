/** The filter of the events: which state, which endpoint, from when to when. It stands in the address, so it can be kept and sent. @module */
import { escapeForDisplay } from '@kapsel/verification';
import { type ReactElement, type SubmitEvent, useId, useState } from 'react';
import { fieldFromTime, timeFromField } from '../page-time.ts';
import { fragmentFromRoute } from '../route.ts';

export type FilterQuery = Readonly<Record<string, string>>;
/** What endpoints are called, by their id; null where the key may not see them. */
export type EndpointNames = ReadonlyMap<string, string> | null;

interface State {
  readonly name: string;
  readonly query: { readonly status?: string; readonly held?: string };
}

const STATES: readonly State[] = [
  { name: 'All', query: {} },
  { name: 'Dead letters', query: { status: 'failed' } },
  { name: 'Retrying', query: { status: 'pending' } },
  { name: 'Held', query: { held: 'true' } },
  { name: 'Received', query: { status: 'received', held: 'false' } },
  { name: 'Delivered', query: { status: 'delivered' } },
];

export function EventFilter({
  filter,
  endpoints,
}: {
  readonly filter: FilterQuery;
  readonly endpoints: EndpointNames;
}): ReactElement {
  const { status, held, ...narrowing } = filter;
  return (
    <section className="filter-bar" aria-label="Filter">
      <nav aria-label="State">
        <ul className="pills">
          {STATES.map(({ name, query }) => (
            <li key={name}>
              <a
                className="pill"
                href={fragmentFromRoute('events', null, { ...narrowing, ...query })}
                aria-current={query.status === status && query.held === held ? 'true' : undefined}
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {/* Anew when the address changes: the fields show what is filtered by. */}
      <NarrowingForm key={JSON.stringify(filter)} filter={filter} endpoints={endpoints} />
    </section>
  );
}

function NarrowingForm({
  filter,
  endpoints,
}: {
  readonly filter: FilterQuery;
  readonly endpoints: EndpointNames;
}): ReactElement {
  const id = useId();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(fields.get(name) ?? '').trim();
    location.hash = fragmentFromRoute('events', null, {
      ...filter,
      endpoint_id: text('endpoint_id'),
      since: timeFromField(text('since')),
      until: timeFromField(text('until')),
    });
  }

  return (
    <form className="narrowing" onSubmit={submit}>
      <label htmlFor={`${id}-endpoint`}>
        Endpoint
        <EndpointField id={`${id}-endpoint`} value={filter.endpoint_id} endpoints={endpoints} />
      </label>
      <label htmlFor={`${id}-since`}>
        From (UTC)
        <input
          id={`${id}-since`}
          name="since"
          type="datetime-local"
          defaultValue={fieldFromTime(filter.since)}
        />
      </label>
      <label htmlFor={`${id}-until`}>
        Before (UTC)
        <input
          id={`${id}-until`}
          name="until"
          type="datetime-local"
          defaultValue={fieldFromTime(filter.until)}
        />
      </label>
      <button type="submit" className="quiet">
        Filter
      </button>
    </form>
  );
}

/** A list of those that are known; an id to be typed where none may be seen. */
function EndpointField({
  id,
  value = '',
  endpoints,
}: {
  readonly id: string;
  readonly value: string | undefined;
  readonly endpoints: EndpointNames;
}): ReactElement {
  const [chosen, setChosen] = useState(value);
  if (endpoints === null) {
    return <input id={id} name="endpoint_id" defaultValue={value} placeholder="id" />;
  }
  const isUnknown = chosen !== '' && !endpoints.has(chosen);
  return (
    <select
      id={id}
      name="endpoint_id"
      value={chosen}
      onChange={(event) => setChosen(event.currentTarget.value)}
    >
      <option value="">Any</option>
      {isUnknown && <option value={chosen}>{chosen}</option>}
      {[...endpoints].map(([endpointId, name]) => (
        <option key={endpointId} value={endpointId}>
          {escapeForDisplay(name)}
        </option>
      ))}
    </select>
  );
}
