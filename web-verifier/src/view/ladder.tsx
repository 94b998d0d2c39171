/** The Merkle ladder: one rung per sibling, from the leaf to the root in the tree head. @module */
import type { PathStep, Report, Step } from '@kapsel/verification';
import type { ReactElement } from 'react';
import { firstDifferentByte, shortHash } from '../hex-groups.ts';
import { Hash } from './hash.tsx';
import { Chevron } from './sign.tsx';

const SHOWN_AT_EACH_END = 3;

interface LadderProps {
  readonly report: Report;
}

export function Ladder({ report }: LadderProps): ReactElement | null {
  const leaf = report.steps.find((step) => step.kind === 'leaf');
  const root = report.steps.find((step) => step.kind === 'root');
  const rungs = report.steps.filter((step) => step.kind === 'path');
  if (!leaf || !root) return null;
  const long = rungs.length > 2 * SHOWN_AT_EACH_END + 1;
  const first = long ? rungs.slice(0, SHOWN_AT_EACH_END) : rungs;
  const middle = long ? rungs.slice(SHOWN_AT_EACH_END, -SHOWN_AT_EACH_END) : [];
  const last = long ? rungs.slice(-SHOWN_AT_EACH_END) : [];
  return (
    <section className="panel" aria-labelledby="ladder-heading">
      <h2 id="ladder-heading">From the leaf to the root</h2>
      <ol className="ladder">
        <li className="rung end">
          <Drawing side={null} />
          <p className="rung-text">
            <span className="rung-name">Leaf</span>
            <Hash value={leaf.hash} />
          </p>
        </li>
        <Rungs rungs={first} />
        {middle.length > 0 && (
          <li className="rung fold">
            <details>
              <summary>
                <Chevron />
                {middle.length} more rungs
              </summary>
              <ol className="ladder">
                <Rungs rungs={middle} />
              </ol>
            </details>
          </li>
        )}
        <Rungs rungs={last} />
        <RootRung root={root} alone={rungs.length === 0} />
      </ol>
    </section>
  );
}

function Rungs({ rungs }: { readonly rungs: readonly PathStep[] }): ReactElement {
  return (
    <>
      {rungs.map((rung) => (
        <li className="rung" key={rung.rung}>
          <Drawing side={rung.siblingSide} />
          <details className="rung-text">
            <summary>
              <Chevron />
              <span className="rung-name">
                {rung.rung} of {rung.rungs}
              </span>{' '}
              {rung.siblingSide === 'left' ? (
                <>
                  <code>{shortHash(rung.sibling)}</code> + <b>ours</b>
                </>
              ) : (
                <>
                  <b>ours</b> + <code>{shortHash(rung.sibling)}</code>
                </>
              )}{' '}
              <span className="arrow">gives</span> <code>{shortHash(rung.after)}</code>
            </summary>
            <dl className="facts">
              <div>
                <dt>Ours, at position {rung.index}</dt>
                <dd>
                  <Hash value={rung.before} />
                </dd>
              </div>
              <div>
                <dt>Sibling on the {rung.siblingSide}</dt>
                <dd>
                  <Hash value={rung.sibling} />
                </dd>
              </div>
              <div>
                <dt>
                  SHA-256 of 01, then{' '}
                  {rung.siblingSide === 'left' ? 'sibling, ours' : 'ours, sibling'}
                </dt>
                <dd>
                  <Hash value={rung.after} />
                </dd>
              </div>
            </dl>
          </details>
        </li>
      ))}
    </>
  );
}

function RootRung(props: {
  readonly root: Step & { kind: 'root' };
  readonly alone: boolean;
}): ReactElement {
  const { computed, signed } = props.root;
  const equal = computed === signed;
  const marked = firstDifferentByte(computed, signed);
  return (
    <li className={equal ? 'rung end equal' : 'rung end different'}>
      <Drawing side={null} />
      <div className="rung-text">
        <p>
          <span className="rung-name">Root</span>
          {props.alone && 'The tree has one leaf, so its hash is the root. '}
          {equal
            ? 'The calculated root is the one in the tree head.'
            : 'The calculated root is not the one in the tree head.'}
        </p>
        {equal ? (
          <Hash value={computed} />
        ) : (
          <dl className="facts">
            <div>
              <dt>Calculated</dt>
              <dd>
                <Hash value={computed} marked={marked} />
              </dd>
            </div>
            <div>
              <dt>In the tree head</dt>
              <dd>
                <Hash value={signed} marked={marked} />
              </dd>
            </div>
          </dl>
        )}
      </div>
    </li>
  );
}

/**
 * Our hash is the filled dot on the line; the sibling is the hollow one that joins from its side:
 *
 *     o   *          *   o
 *      \  |          |  /
 *       \ |          | /
 */
function Drawing({ side }: { readonly side: 'left' | 'right' | null }): ReactElement {
  const siblingX = side === 'left' ? 7 : 41;
  return (
    <svg className="rung-drawing" viewBox="0 0 48 28" aria-hidden="true" focusable="false">
      {side !== null && (
        <>
          <path d={`M${siblingX} 9C${siblingX} 20 24 16 24 28`} />
          <circle className="sibling" cx={siblingX} cy="9" r="4.5" />
        </>
      )}
      <circle className="ours" cx="24" cy="9" r="5" />
    </svg>
  );
}
