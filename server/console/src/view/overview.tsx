/** The overview: what needs somebody first, then how much waits and how old the last tree head is. @module */
import { type ReactElement, type ReactNode, useState } from 'react';
import type { EndpointList, Stats, TreeHead } from '../api-shapes.ts';
import { shortDuration } from '../page-time.ts';
import { fragmentFromRoute } from '../route.ts';
import { useAnswer, useDesk } from '../use-answer.ts';
import { sayEndpoint } from '../words.ts';
import { EndpointTable } from './endpoints.tsx';
import { Needs, Shown } from './states.tsx';

/** Beyond it a delivery that is due waits for more than its turn. */
const LATE_S = 60;
/** Up to here the server counts. */
const MOST_COUNTED = 10_000;

export function OverviewScreen(): ReactElement {
  // Each turn asks for everything anew.
  const [turn, setTurn] = useState(0);
  return (
    <>
      <div className="list-head">
        <h1>Overview</h1>
        <button type="button" className="quiet" onClick={() => setTurn(turn + 1)}>
          Refresh
        </button>
      </div>
      <Needs scope="endpoints:read">
        <Trouble key={`endpoints-${turn}`} />
      </Needs>
      <Needs scope="events:read">
        <Numbers key={`events-${turn}`} />
      </Needs>
      <Head key={`head-${turn}`} />
    </>
  );
}

function Trouble(): ReactElement {
  const { reload, isReloading: _, ...asked } = useAnswer<EndpointList>('/v1/endpoints?limit=100');
  return (
    <section aria-label="Endpoints that need attention">
      <h2>Endpoints that need attention</h2>
      <Shown
        asked={asked}
        reload={reload}
        show={({ data, next_cursor: nextCursor }) => {
          const troubled = data.filter((endpoint) => sayEndpoint(endpoint).tone !== 'good');
          if (troubled.length > 0 || nextCursor !== null) {
            return (
              <>
                {troubled.length > 0 && <EndpointTable endpoints={troubled} />}
                {nextCursor !== null && (
                  <p className="note">
                    Of the newest 100. <a href={fragmentFromRoute('endpoints')}>See all</a>
                  </p>
                )}
              </>
            );
          }
          return data.length === 0 ? (
            <p className="panel">
              There are none yet. <a href={fragmentFromRoute('endpoints')}>Make an endpoint</a>, and
              send it a test event.
            </p>
          ) : (
            <p className="panel">None: all of them take deliveries.</p>
          );
        }}
      />
    </section>
  );
}

function Numbers(): ReactElement {
  const { reload, isReloading: _, ...asked } = useAnswer<Stats>('/v1/stats');
  return (
    <section aria-label="Events and deliveries">
      <h2>Events and deliveries</h2>
      <Shown asked={asked} reload={reload} show={(stats) => <NumberList stats={stats} />} />
    </section>
  );
}

function NumberList({ stats: { events, queue } }: { readonly stats: Stats }): ReactElement {
  const list = (query: Readonly<Record<string, string>>, count: number): ReactElement => (
    <a href={fragmentFromRoute('events', null, query)}>{bounded(count)}</a>
  );
  const isLate = queue.oldest_due_s > LATE_S;
  return (
    <dl className="numbers">
      <Figure name="Dead letters" tone={events.failed > 0 ? 'bad' : undefined}>
        {list({ status: 'failed' }, events.failed)}
      </Figure>
      <Figure name="Retrying" tone={events.pending > 0 ? 'warn' : undefined}>
        {list({ status: 'pending' }, events.pending)}
      </Figure>
      <Figure name="Held at paused endpoints" tone={events.held > 0 ? 'warn' : undefined}>
        {list({ held: 'true' }, events.held)}
      </Figure>
      <Figure name="Delivered">{list({ status: 'delivered' }, events.delivered)}</Figure>
      <Figure name="Waiting for delivery">{bounded(queue.waiting)}</Figure>
      <Figure name="On their way">{bounded(queue.in_flight)}</Figure>
      <Figure name="Longest overdue" tone={isLate ? 'bad' : undefined}>
        {shortDuration(queue.oldest_due_s)}
      </Figure>
    </dl>
  );
}

function Figure({
  name,
  tone,
  children,
}: {
  readonly name: string;
  readonly tone?: 'bad' | 'warn' | undefined;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <div className={tone}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function bounded(count: number): string {
  const number = count.toLocaleString('en');
  return count >= MOST_COUNTED ? `${number} or more` : number;
}

function Head(): ReactElement {
  const { nowMs } = useDesk();
  const { reload, isReloading: _, ...asked } = useAnswer<TreeHead>('/attestation/sth');
  const isFirstMissing = asked.kind === 'fault' && asked.fault.code === 'no_tree_head';
  return (
    <section aria-label="Log">
      <h2>Log</h2>
      {isFirstMissing ? (
        <p className="panel">No tree head yet: the first follows the first delivery attempt.</p>
      ) : (
        <Shown
          asked={asked}
          reload={reload}
          show={(head) => (
            <dl className="numbers">
              <Figure name="Leaves under the last tree head">
                {head.tree_size.toLocaleString('en')}
              </Figure>
              <Figure name="Age of the last tree head">
                {shortDuration((nowMs() - head.timestamp) / 1_000)}
              </Figure>
            </dl>
          )}
        />
      )}
    </section>
  );
}
