/** The anchors of the log in the Bitcoin chain: which heads existed before which block, by this server's word and to be checked without it. @module */
import { bytesFromBase64 } from '@kapsel/verification';
import type { ReactElement } from 'react';
import type { Anchor, AnchorList, WholeAnchor } from '../api-shapes.ts';
import { shortUtc } from '../page-time.ts';
import { saveFile } from '../proof-file.ts';
import { useAnswer, useDeed, useDesk } from '../use-answer.ts';
import { Empty, Fault, Shown, Tag } from './states.tsx';

const SHOWN = 10;
const LIST = `/attestation/anchors?limit=${SHOWN}`;

const STANDS: Readonly<Record<Anchor['status'], readonly ['good' | 'bad' | 'calm', string]>> = {
  pending: ['calm', 'waits for a block'],
  header_not_given: ['calm', 'in a block that this server has not looked at'],
  confirmed: ['good', 'confirmed'],
  mismatch: ['bad', 'lost its block'],
};

export function AnchorPanel(): ReactElement {
  const { reload, isReloading: _, ...asked } = useAnswer<AnchorList>(LIST);
  return (
    <section className="panel" aria-labelledby="log-anchors">
      <h2 id="log-anchors">Bitcoin anchors</h2>
      <Shown
        asked={asked}
        reload={reload}
        show={({ anchors, next_before: next }) =>
          anchors.length === 0 ? (
            <Empty title="No anchors yet">
              Name at least two calendars in KAPSEL_ANCHOR_CALENDARS, and the newest head is
              anchored every hour while the log grows.
            </Empty>
          ) : (
            <>
              <ul className="key-list">
                {anchors.map((anchor) => (
                  <OneAnchor key={anchor.tree_size} anchor={anchor} />
                ))}
              </ul>
              {next !== null && <p className="note">The newest {SHOWN} are shown.</p>}
            </>
          )
        }
      />
    </section>
  );
}

function OneAnchor({ anchor }: { readonly anchor: Anchor }): ReactElement {
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<WholeAnchor>();
  const [tone, words] = STANDS[anchor.status];
  const size = anchor.tree_size;
  return (
    <li>
      <p>
        <Tag tone={tone}>{words}</Tag> {size.toLocaleString('en')} leaves{' '}
        <span className="note">
          stamped {shortUtc(anchor.created_at)} UTC
          {anchor.block_height !== null && `, block ${anchor.block_height.toLocaleString('en')}`}
        </span>
      </p>
      <Fault fault={fault} />
      <button
        type="button"
        aria-disabled={isRunning}
        onClick={() =>
          void run(
            () => api.call('GET', `/attestation/anchors/${size}`),
            ({ checkpoint, ots }) => {
              saveFile('checkpoint', checkpoint);
              if (ots !== null) saveFile('checkpoint.ots', new Uint8Array(bytesFromBase64(ots)));
            },
          )
        }
      >
        Download the files of {size.toLocaleString('en')}
      </button>
    </li>
  );
}
