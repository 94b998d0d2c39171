/** What can be done with an endpoint: a test event, pause, enable, another secret, and its end. @module */
import { type ReactElement, useState } from 'react';
import type { Endpoint, EndpointWithSecret } from '../api-shapes.ts';
import { fragmentFromRoute } from '../route.ts';
import { useDeed, useDesk } from '../use-answer.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { EnableDialog } from './enable-dialog.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { SecretOnce } from './secret-once.tsx';
import { Fault } from './states.tsx';

interface ActionProps {
  readonly endpoint: Endpoint;
  readonly etag: string | null;
  readonly onChange: () => void;
}

type Open = 'enable' | 'rotate' | 'delete' | null;

export function EndpointActions({ endpoint, etag, onChange }: ActionProps): ReactElement {
  const { api } = useDesk();
  const path = `/v1/endpoints/${endpoint.id}`;
  const [open, setOpen] = useState<Open>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const pause = useDeed<Endpoint>();
  const close = (): void => setOpen(null);

  return (
    <>
      <TestEvent path={path} />
      <Fault fault={pause.fault} />
      {endpoint.disabled ? (
        <button type="button" className="quiet" onClick={() => setOpen('enable')}>
          Enable…
        </button>
      ) : (
        <button
          type="button"
          className="quiet"
          aria-disabled={pause.isRunning}
          onClick={() => void pause.run(() => api.call('POST', `${path}/disable`), onChange)}
        >
          Pause
        </button>
      )}
      <button type="button" className="quiet" onClick={() => setOpen('rotate')}>
        New secret…
      </button>
      <button type="button" className="quiet" onClick={() => setOpen('delete')}>
        Delete…
      </button>
      {open === 'enable' && (
        <EnableDialog
          path={path}
          onClose={close}
          onDone={() => {
            close();
            onChange();
          }}
        />
      )}
      {open === 'rotate' && (
        <RotateDialog
          path={path}
          onClose={close}
          onDone={(rotated: EndpointWithSecret) => {
            close();
            setSecret(rotated.signing_secret);
            onChange();
          }}
        />
      )}
      {open === 'delete' && (
        <DeleteDialog
          title="Delete this endpoint?"
          verb="Delete"
          busy="Deleting…"
          path={path}
          headers={etag === null ? {} : { 'if-match': etag }}
          onDone={() => {
            location.hash = fragmentFromRoute('endpoints');
          }}
          onClose={close}
        >
          Nothing is accepted for it any more, and what still waits fails. Its events and their
          proofs stay. This cannot be undone.
        </DeleteDialog>
      )}
      {secret !== null && (
        <SecretOnce
          title="The new secret signs from now on"
          name="Signing secret"
          secret={secret}
          onClose={() => setSecret(null)}
        >
          Give it to your destination before the older one ends.
        </SecretOnce>
      )}
    </>
  );
}

function TestEvent({ path }: { readonly path: string }): ReactElement {
  const { api } = useDesk();
  const [eventId, setEventId] = useState<string | null>(null);
  const { isRunning, fault, run } = useDeed<{ event_id: string }>();
  return (
    <>
      <span role="status">
        {eventId !== null && (
          <>
            Sent: <a href={fragmentFromRoute('events', eventId)}>see what came of it</a>
          </>
        )}
      </span>
      <Fault fault={fault} />
      <button
        type="button"
        aria-disabled={isRunning}
        onClick={() =>
          void run(
            () => api.call('POST', `${path}/test`),
            (sent) => setEventId(sent.event_id),
          )
        }
      >
        {isRunning ? 'Sending…' : 'Send a test event'}
      </button>
    </>
  );
}
