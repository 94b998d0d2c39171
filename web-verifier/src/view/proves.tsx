/** What the result proves and what it does not, in plain words. @module */
import type { Report } from '@kapsel/verification';
import type { ReactElement } from 'react';
import { PROVES, provedBy } from '../words.ts';

export function Proves({ report }: { readonly report: Report }): ReactElement {
  const { verdict } = report;
  if (verdict !== 'verified') {
    return (
      <section className="panel" aria-labelledby="proves-heading">
        <h2 id="proves-heading">What this proves</h2>
        <p>{verdict === 'untrusted' ? PROVES.nothingUntrusted : PROVES.nothing}</p>
      </section>
    );
  }
  const { proves, doesNotProve } = provedBy(report);
  return (
    <section className="panel" aria-labelledby="proves-heading">
      <h2 id="proves-heading">What this proves, and what it does not</h2>
      <div className="columns">
        <Lines heading="Proves" lines={proves} />
        <Lines heading="Does not prove" lines={doesNotProve} />
      </div>
    </section>
  );
}

function Lines(props: {
  readonly heading: string;
  readonly lines: readonly string[];
}): ReactElement {
  return (
    <div>
      <h3>{props.heading}</h3>
      <ul>
        {props.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
