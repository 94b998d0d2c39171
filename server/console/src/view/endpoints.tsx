/** Endpoints: where events go, those with trouble first, and the way to a new one. @module */
import { escapeForDisplay } from '@kapsel/verification';
import { type ReactElement, useState } from 'react';
import type { Endpoint, EndpointList, EndpointWithSecret } from '../api-shapes.ts';
import { durationSince, relativeTime } from '../page-time.ts';
import { fragmentFromRoute } from '../route.ts';
import { useAnswer, useDesk, useMay } from '../use-answer.ts';
import { sayDisabled, sayEndpoint } from '../words.ts';
import { NewEndpointForm } from './endpoint-form.tsx';
import { Pages } from './pages.tsx';
import { SecretOnce } from './secret-once.tsx';
import { Empty, Needs, Refresh, Shown, Tag } from './states.tsx';

const PAGE_SIZE = 100;

export function EndpointsScreen({ cursor }: { readonly cursor: string | undefined }): ReactElement {
  return (
    <>
      <h1>Endpoints</h1>
      <Needs scope="endpoints:read">
        <Endpoints cursor={cursor} />
      </Needs>
    </>
  );
}

function Endpoints({ cursor }: { readonly cursor: string | undefined }): ReactElement {
  const may = useMay('endpoints:write');
  const { reload, isReloading, ...asked } = useAnswer<EndpointList>(
    `/v1/endpoints?limit=${PAGE_SIZE}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
  );
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState<EndpointWithSecret | null>(null);
  return (
    <>
      <div className="actions">
        {may && !isMaking && (
          <button type="button" onClick={() => setIsMaking(true)}>
            New endpoint
          </button>
        )}
        <Refresh reload={reload} isReloading={isReloading} />
      </div>
      {isMaking && (
        <section className="panel" aria-labelledby="new-endpoint">
          <h2 id="new-endpoint">New endpoint</h2>
          <NewEndpointForm
            onMade={(endpoint) => {
              setIsMaking(false);
              setMade(endpoint);
              reload();
            }}
            onCancel={() => setIsMaking(false)}
          />
        </section>
      )}
      {made !== null && (
        <SecretOnce
          title="The endpoint is ready"
          name="Signing secret"
          secret={made.signing_secret}
          onClose={() => setMade(null)}
        >
          Your destination checks with it that a webhook is from here.
        </SecretOnce>
      )}
      <Shown
        asked={asked}
        reload={reload}
        show={({ data, next_cursor: nextCursor }) =>
          data.length === 0 ? (
            <Empty title="No endpoints yet">
              An endpoint is an address that events are delivered to. Make one, then send it a test
              event.
            </Empty>
          ) : (
            <>
              <EndpointTable endpoints={data} />
              <Pages screen="endpoints" cursor={cursor} nextCursor={nextCursor} />
            </>
          )
        }
      />
    </>
  );
}

/** Those with trouble first. */
export function EndpointTable({
  endpoints,
}: {
  readonly endpoints: readonly Endpoint[];
}): ReactElement {
  const inOrder = [...endpoints].sort(byTrouble);
  return (
    <table className="wide">
      <thead>
        <tr>
          <th scope="col">Destination</th>
          <th scope="col">State</th>
          <th scope="col">Why</th>
          <th scope="col">Events</th>
        </tr>
      </thead>
      <tbody>
        {inOrder.map((endpoint) => {
          const { word, tone } = sayEndpoint(endpoint);
          return (
            <tr key={endpoint.id}>
              <th scope="row">
                <a href={fragmentFromRoute('endpoints', endpoint.id)}>
                  {escapeForDisplay(endpoint.url)}
                </a>
                {endpoint.description !== '' && (
                  <p className="note">{escapeForDisplay(endpoint.description)}</p>
                )}
              </th>
              <td>
                <Tag tone={tone}>{word}</Tag>
              </td>
              <td>
                <EndpointWhy endpoint={endpoint} />
              </td>
              <td>
                <a href={fragmentFromRoute('events', null, { endpoint_id: endpoint.id })}>
                  Its events
                </a>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Why it is not simply active, with when that changes; a dash where nothing is wrong. */
export function EndpointWhy({ endpoint }: { readonly endpoint: Endpoint }): ReactElement {
  const { nowMs } = useDesk();
  const now = nowMs();
  const {
    disabled_at: disabledAt,
    failing_since: failingSince,
    circuit_probe_at: probeAt,
  } = endpoint;
  if (disabledAt !== null) {
    return (
      <>
        For {durationSince(disabledAt, now)}: {sayDisabled(endpoint.disabled_reason)}. Events are
        held.
      </>
    );
  }
  const failing =
    failingSince === null ? '' : `No success for ${durationSince(failingSince, now)}.`;
  switch (endpoint.circuit) {
    case 'open':
      return (
        <>
          Too many failures. {failing}{' '}
          {probeAt !== null && Date.parse(probeAt) > now
            ? `Half-open ${relativeTime(probeAt, now)}.`
            : 'It is probed any moment.'}
        </>
      );
    case 'half_open':
      return <>A delivery finds out whether it works again. {failing}</>;
    case 'closed':
      return <>{failing === '' ? '–' : failing}</>;
  }
}

const URGENCY = ['bad', 'warn', 'calm', 'good'];

function byTrouble(left: Endpoint, right: Endpoint): number {
  const rank = (endpoint: Endpoint): number => URGENCY.indexOf(sayEndpoint(endpoint).tone);
  return rank(left) - rank(right);
}
