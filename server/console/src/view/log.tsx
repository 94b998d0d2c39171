/** The log: its newest tree head, its anchors and keys, and whether two of its heads go together. @module */
import { escapeForDisplay } from '@kapsel/verification';
import type { ReactElement } from 'react';
import type { LogKeys, TreeHead } from '../api-shapes.ts';
import { relativeTime, shortUtc } from '../page-time.ts';
import { saveFile } from '../proof-file.ts';
import { useAnswer, useDeed, useDesk } from '../use-answer.ts';
import { AnchorPanel } from './anchors.tsx';
import { CompareHeads } from './compare-heads.tsx';
import { Empty, Fault, Refresh, Shown, Tag } from './states.tsx';

const HEAD = '/attestation/sth';

export function LogScreen(): ReactElement {
  const { reload, isReloading, ...asked } = useAnswer<TreeHead>(HEAD);
  const isFirstMissing = asked.kind === 'fault' && asked.fault.code === 'no_tree_head';
  return (
    <>
      <h1>Log</h1>
      {isFirstMissing ? (
        <Empty title="No tree head yet">
          The first one is signed after the first delivery attempt. Until then there is nothing to
          prove.
        </Empty>
      ) : (
        <Shown
          asked={asked}
          reload={reload}
          show={(head) => (
            <>
              <HeadPanel head={head}>
                <Refresh reload={reload} isReloading={isReloading} />
              </HeadPanel>
              <CompareHeads newest={head.tree_size} />
            </>
          )}
        />
      )}
      {!isFirstMissing && <AnchorPanel />}
      <KeyPanel />
    </>
  );
}

function HeadPanel({
  head,
  children,
}: {
  readonly head: TreeHead;
  readonly children: ReactElement;
}): ReactElement {
  const { nowMs } = useDesk();
  const time = new Date(head.timestamp).toISOString();
  const facts: [string, ReactElement][] = [
    ['Log', <code key="log">{escapeForDisplay(head.log)}</code>],
    ['Leaves', <span key="size">{head.tree_size.toLocaleString('en')}</span>],
    [
      'Signed',
      <span key="time">
        {shortUtc(time)} UTC ({relativeTime(time, nowMs())})
      </span>,
    ],
    ['Root', <code key="root">{head.root_hash}</code>],
    ['Public key', <code key="key">{head.public_key}</code>],
  ];
  return (
    <section className="panel" aria-labelledby="newest-head">
      <div className="title-line">
        <h2 id="newest-head">Newest tree head</h2>
        <div className="actions">
          <KeepHead size={head.tree_size} />
          {children}
        </div>
      </div>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="note">
        Keep a head outside of this server: with it you can show later that nothing of this tree was
        removed or rewritten.
      </p>
    </section>
  );
}

/** The exact text of the head that is shown. */
function KeepHead({ size }: { readonly size: number }): ReactElement {
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<string>();
  return (
    <>
      <Fault fault={fault} />
      <button
        type="button"
        aria-disabled={isRunning}
        onClick={() =>
          void run(
            () => api.call('GET', `${HEAD}?tree_size=${size}`, { as: 'text' }),
            (text) => saveFile(`tree-head-${size}.json`, text),
          )
        }
      >
        Download this head
      </button>
    </>
  );
}

function KeyPanel(): ReactElement {
  const { reload, isReloading: _, ...asked } = useAnswer<LogKeys>('/attestation/keys');
  return (
    <section className="panel" aria-labelledby="log-keys">
      <h2 id="log-keys">Keys of the log</h2>
      <Shown
        asked={asked}
        reload={reload}
        show={({ keys }) => (
          <ul className="key-list">
            {keys.map((key) => (
              <li key={key.key_id}>
                <p>
                  <Tag tone={key.state === 'active' ? 'good' : 'calm'}>{key.state}</Tag>{' '}
                  <span className="note">
                    from {shortUtc(key.valid_from)}
                    {key.valid_until !== null && ` until ${shortUtc(key.valid_until)}`}
                  </span>
                </p>
                <p className="note">
                  Fingerprint <code>{key.key_id.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
                </p>
                <p className="note">
                  Verifier key <code>{escapeForDisplay(key.vkey)}</code>
                </p>
              </li>
            ))}
          </ul>
        )}
      />
      <p className="note">
        Give the verifier key to those who receive proofs in a way of its own, such as a contract or
        your website: a proof cannot vouch for its key, and neither can this page.
      </p>
    </section>
  );
}
