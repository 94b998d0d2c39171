/** Two tree heads of one log, side by side, and what a comparison of them means. @module */
import { type ConsistencyReport, escapeForDisplay, type HeadFacts } from '@kapsel/verification';
import type { ReactElement } from 'react';
import { utcFromMs } from '../display-time.ts';
import { Hash } from './hash.tsx';

export function ComparedHeads({
  report,
}: {
  readonly report: ConsistencyReport;
}): ReactElement | null {
  if (report.old === null || report.new === null) return null;
  return (
    <section className="panel" aria-labelledby="heads-heading">
      <h2 id="heads-heading">The two tree heads</h2>
      <div className="columns">
        <Head name="Older" facts={report.old} />
        <Head name="Newer" facts={report.new} />
      </div>
      {report.verdict === 'verified' && (
        <p>
          Whoever keeps the newer head can later show that nothing of this tree was removed or
          rewritten. It does not show that other people were given the same heads: compare yours
          with theirs.
        </p>
      )}
    </section>
  );
}

function Head({ name, facts }: { readonly name: string; readonly facts: HeadFacts }): ReactElement {
  return (
    <div>
      <h3>{name}</h3>
      <dl className="facts stacked">
        <div>
          <dt>Log</dt>
          <dd>
            <code className="text">{escapeForDisplay(facts.log)}</code>
          </dd>
        </div>
        <div>
          <dt>Signed</dt>
          <dd>
            <code className="text">{utcFromMs(facts.timestampMs)}</code>
          </dd>
        </div>
        <div>
          <dt>Leaves</dt>
          <dd>{facts.treeSize}</dd>
        </div>
        <div>
          <dt>Root</dt>
          <dd>
            <Hash value={facts.rootHash} name={`${name} root`} />
          </dd>
        </div>
      </dl>
    </div>
  );
}
