/** "Try a sample", and a way to break it: whoever has seen a check fail knows what a passed one is worth. @module */
import type { ReactElement } from 'react';
import { BREAKS, type Break } from '../sample.ts';

interface SampleBarProps {
  readonly changed: Break | null;
  readonly onBreak: (changed: Break | null) => void;
  readonly onLeave: () => void;
}

export function SampleBar({ changed, onBreak, onLeave }: SampleBarProps): ReactElement {
  return (
    <section className="panel sample" aria-labelledby="sample-heading">
      <h2 id="sample-heading">
        {changed === null ? 'This is a sample' : 'This is a changed copy of the sample'}
      </h2>
      <p>
        It is made up, and it is checked under a key that was made for it: what it says never
        happened. Change one thing in a copy and see which check finds it.
      </p>
      <fieldset className="filter">
        <legend>Break the sample: change its</legend>
        {(Object.keys(BREAKS) as Break[]).map((each) => (
          <button
            key={each}
            type="button"
            className="quiet"
            aria-pressed={changed === each}
            onClick={() => onBreak(each)}
          >
            {BREAKS[each]}
          </button>
        ))}
        <button
          type="button"
          className="quiet"
          disabled={changed === null}
          onClick={() => onBreak(null)}
        >
          Undo the change
        </button>
      </fieldset>
      <p>
        <button type="button" className="link" onClick={onLeave}>
          Leave the sample
        </button>
      </p>
    </section>
  );
}
