/** One endpoint: its state and why, its settings, and all that can be done with it. @module */
import { escapeForDisplay } from '@kapsel/verification';
import { type ReactElement, useState } from 'react';
import type { Endpoint as EndpointShape } from '../api-shapes.ts';
import { shortDuration, shortUtc } from '../page-time.ts';
import { fragmentFromRoute } from '../route.ts';
import { useAnswer, useMay } from '../use-answer.ts';
import { sayEndpoint } from '../words.ts';
import { EndpointActions } from './endpoint-actions.tsx';
import { EditEndpointForm } from './endpoint-form.tsx';
import { EndpointWhy } from './endpoints.tsx';
import { Needs, Refresh, Shown, Tag, When } from './states.tsx';

export function EndpointScreen({ id }: { readonly id: string }): ReactElement {
  return (
    <>
      <h1>Endpoint</h1>
      <Needs scope="endpoints:read">
        <Endpoint id={id} />
      </Needs>
    </>
  );
}

function Endpoint({ id }: { readonly id: string }): ReactElement {
  const path = `/v1/endpoints/${encodeURIComponent(id)}`;
  const { reload, isReloading, ...asked } = useAnswer<EndpointShape>(path);
  const may = useMay('endpoints:write');
  const [isEditing, setIsEditing] = useState(false);
  const etag = asked.kind === 'there' ? asked.etag : null;
  return (
    <Shown
      asked={asked}
      reload={reload}
      show={(endpoint) => (
        <>
          <State endpoint={endpoint}>
            <div className="actions">
              {may && <EndpointActions endpoint={endpoint} etag={etag} onChange={reload} />}
              <Refresh reload={reload} isReloading={isReloading} />
            </div>
          </State>
          <section className="panel" aria-labelledby="settings">
            <div className="title-line">
              <h2 id="settings">Settings</h2>
              {may && !isEditing && (
                <button type="button" className="quiet" onClick={() => setIsEditing(true)}>
                  Edit
                </button>
              )}
            </div>
            {isEditing ? (
              <EditEndpointForm
                endpoint={endpoint}
                etag={etag}
                onCancel={() => setIsEditing(false)}
                onDone={() => {
                  setIsEditing(false);
                  reload();
                }}
              />
            ) : (
              <Settings endpoint={endpoint} />
            )}
          </section>
        </>
      )}
    />
  );
}

function State({
  endpoint,
  children,
}: {
  readonly endpoint: EndpointShape;
  readonly children: ReactElement;
}): ReactElement {
  const { word, tone } = sayEndpoint(endpoint);
  return (
    <section className="panel" aria-labelledby="endpoint-url">
      <div className="title-line">
        <h2 id="endpoint-url">{escapeForDisplay(endpoint.url)}</h2>
        <Tag tone={tone}>{word}</Tag>
      </div>
      {tone !== 'good' && (
        <p>
          <EndpointWhy endpoint={endpoint} />
        </p>
      )}
      <p>
        <a href={fragmentFromRoute('events', null, { endpoint_id: endpoint.id })}>Its events</a> ·{' '}
        <a href={fragmentFromRoute('events', null, { endpoint_id: endpoint.id, status: 'failed' })}>
          Its dead letters
        </a>
      </p>
      {children}
    </section>
  );
}

function Settings({ endpoint }: { readonly endpoint: EndpointShape }): ReactElement {
  const facts: [string, string][] = [
    ['Endpoint', endpoint.id],
    ['Description', endpoint.description === '' ? 'none' : escapeForDisplay(endpoint.description)],
    [
      'Attempts',
      `${endpoint.max_attempts} at most, ${shortDuration(endpoint.max_delay_s)} apart at most`,
    ],
    ['Pace', endpoint.max_per_s === null ? 'no limit' : `${endpoint.max_per_s} a second at most`],
    [
      'Paused by itself',
      endpoint.disable_after_h === 0
        ? 'never'
        : `after ${endpoint.disable_after_h} h without success`,
    ],
    [
      'Also retried',
      endpoint.retry_statuses.length === 0
        ? 'no further statuses'
        : endpoint.retry_statuses.join(', '),
    ],
    ['Signed with', endpoint.signature_versions.join(', ')],
    ['Headers of its own', endpoint.custom_header_names.map(escapeForDisplay).join(', ') || 'none'],
    ['TLS', `${endpoint.min_tls_version} or newer`],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>Signing keys</dt>
        <dd>
          {endpoint.signing_keys.length === 0 && 'none'}
          {endpoint.signing_keys.map((key) => (
            <p key={key.public_key}>
              <code>{key.public_key}</code>
              <br />
              <span className="note">
                since {shortUtc(key.created_at)}
                {key.valid_until !== null && (
                  <>
                    , until <When time={key.valid_until} text={shortUtc(key.valid_until)} />
                  </>
                )}
              </span>
            </p>
          ))}
        </dd>
      </div>
    </dl>
  );
}
