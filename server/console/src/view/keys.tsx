/** Keys and access: the tenant's API keys, those that are over among them; new ones are shown once. @module */
import { escapeForDisplay } from '@kapsel/verification';
import { type ReactElement, useState } from 'react';
import type { ApiKey, ApiKeyList, ApiKeyWithSecret } from '../api-shapes.ts';
import { relativeTime, shortUtc } from '../page-time.ts';
import { useAnswer, useDesk } from '../use-answer.ts';
import { type Said, sayKey } from '../words.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { NewKeyForm } from './key-form.tsx';
import { Pages } from './pages.tsx';
import { SecretOnce } from './secret-once.tsx';
import { Needs, Refresh, Shown, Tag, When } from './states.tsx';

const PAGE_SIZE = 25;

export function KeysScreen({ cursor }: { readonly cursor: string | undefined }): ReactElement {
  return (
    <>
      <h1>API keys</h1>
      <Needs scope="admin">
        <Keys cursor={cursor} />
      </Needs>
    </>
  );
}

function Keys({ cursor }: { readonly cursor: string | undefined }): ReactElement {
  const from = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  const path = `/v1/api-keys?limit=${PAGE_SIZE}${from}`;
  const { reload, isReloading, ...asked } = useAnswer<ApiKeyList>(path);
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState<ApiKeyWithSecret | null>(null);
  return (
    <>
      <div className="actions">
        {!isMaking && (
          <button type="button" onClick={() => setIsMaking(true)}>
            New API key
          </button>
        )}
        <Refresh reload={reload} isReloading={isReloading} />
      </div>
      {isMaking && (
        <section className="panel" aria-labelledby="new-key">
          <h2 id="new-key">New API key</h2>
          <NewKeyForm
            onMade={(key) => {
              setIsMaking(false);
              setMade(key);
              reload();
            }}
            onCancel={() => setIsMaking(false)}
          />
        </section>
      )}
      {made !== null && (
        <SecretOnce
          title="The key is ready"
          name="API key"
          secret={made.secret}
          onClose={() => setMade(null)}
        >
          Whoever has it may do what its scopes allow. The server keeps only a hash of it.
        </SecretOnce>
      )}
      <Shown
        asked={asked}
        reload={reload}
        show={(list) => (
          <>
            <KeyTable keys={list.data} onChange={reload} />
            <Pages screen="keys" cursor={cursor} nextCursor={list.next_cursor} />
          </>
        )}
      />
    </>
  );
}

function KeyTable({
  keys,
  onChange,
}: {
  readonly keys: readonly ApiKey[];
  readonly onChange: () => void;
}): ReactElement {
  const { nowMs } = useDesk();
  const now = nowMs();
  return (
    <table className="wide">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">State</th>
          <th scope="col">Scopes</th>
          <th scope="col">Use</th>
          <th scope="col">
            <span className="visually-hidden">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => {
          const said: Said = sayKey(key, now);
          return (
            <tr key={key.id}>
              <th scope="row">
                {escapeForDisplay(key.name === '' ? 'unnamed' : key.name)}
                <p className="note">
                  <code>{key.prefix}…</code>
                  <br />
                  made {shortUtc(key.created_at)}
                </p>
              </th>
              <td>
                <Tag tone={said.tone}>{said.word}</Tag>
                {key.expires_at !== null && key.revoked_at === null && (
                  <p className="note">
                    <When time={key.expires_at} text={`until ${shortUtc(key.expires_at)}`} />
                  </p>
                )}
              </td>
              <td>{key.scopes.join(', ')}</td>
              <td>
                {key.last_used_at === null
                  ? 'never used'
                  : `used ${relativeTime(key.last_used_at, now)}`}
              </td>
              <td>{said.tone === 'good' && <Revoke apiKey={key} onDone={onChange} />}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Revoke({
  apiKey: { id, name, prefix },
  onDone,
}: {
  readonly apiKey: ApiKey;
  readonly onDone: () => void;
}): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="quiet small"
        aria-label={`Revoke ${name === '' ? prefix : name}`}
        onClick={() => setIsOpen(true)}
      >
        Revoke…
      </button>
      {isOpen && (
        <DeleteDialog
          title="Revoke this key?"
          verb="Revoke"
          busy="Revoking…"
          path={`/v1/api-keys/${id}`}
          onDone={() => {
            setIsOpen(false);
            onDone();
          }}
          onClose={() => setIsOpen(false)}
        >
          <code>{prefix}…</code> is refused from now on, and sessions that began with it end. This
          cannot be undone. If it is the key that you signed in with, you are signed out.
        </DeleteDialog>
      )}
    </>
  );
}
