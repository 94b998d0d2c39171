/** What the result proves and what it does not, in plain words. @module */
import type { Verdict } from '@kapsel/verification';
import type { ReactElement } from 'react';
import { PROVES } from '../words.ts';

export function Proves({ verdict }: { readonly verdict: Verdict }): ReactElement {
  if (verdict !== 'verified') {
    return (
      <section className="panel" aria-labelledby="proves-heading">
        <h2 id="proves-heading">What this proves</h2>
        <p>{verdict === 'untrusted' ? PROVES.nothingUntrusted : PROVES.nothing}</p>
      </section>
    );
  }
  return (
    <section className="panel" aria-labelledby="proves-heading">
      <h2 id="proves-heading">What this proves, and what it does not</h2>
      <div className="columns">
        <Lines heading="Proves" lines={PROVES.proves} />
        <Lines heading="Does not prove" lines={PROVES.doesNotProve} />
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
