/** The list of several results: filtered by verdict, walked by keyboard, and only as many rows drawn as can be seen. @module */
import { escapeForDisplay, type Verdict } from '@kapsel/verification';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import type { Result } from '../finding.ts';
import { countsOfResults, summaryOfResults, VERDICT_WORD } from '../words.ts';
import { VerdictSign } from './sign.tsx';
import { useVisibleRows } from './visible-rows.ts';

interface ResultListProps {
  readonly results: readonly Result[];
  /** The id of the one that is shown in detail. */
  readonly chosen: number;
  readonly onChoose: (id: number) => void;
}

export function ResultList({ results, chosen, onChoose }: ResultListProps): ReactElement {
  const [only, setOnly] = useState<Verdict | null>(null);
  const counts = countsOfResults(results);
  // A filter whose verdict no longer occurs, after a key was pinned, filters nothing.
  const filter = counts.some(([verdict]) => verdict === only) ? only : null;
  const shown = filter === null ? results : results.filter(({ verdict }) => verdict === filter);
  return (
    <section className="panel result-list" aria-labelledby="list-heading">
      <h2 id="list-heading">{summaryOfResults(results)}</h2>
      {counts.length > 1 && (
        <fieldset className="filter">
          <legend className="visually-hidden">Show only</legend>
          <FilterButton isOn={filter === null} onPress={() => setOnly(null)}>
            All {results.length}
          </FilterButton>
          {counts.map(([verdict, count]) => (
            <FilterButton key={verdict} isOn={filter === verdict} onPress={() => setOnly(verdict)}>
              {VERDICT_WORD[verdict]} {count}
            </FilterButton>
          ))}
        </fieldset>
      )}
      <Rows results={shown} chosen={chosen} onChoose={onChoose} />
    </section>
  );
}

function FilterButton(props: {
  readonly isOn: boolean;
  readonly onPress: () => void;
  readonly children: readonly (string | number)[];
}): ReactElement {
  return (
    <button type="button" className="quiet" aria-pressed={props.isOn} onClick={props.onPress}>
      {props.children}
    </button>
  );
}

/** One stop for the Tab key; arrows, Home, End, Page Up and Down, J and K move inside. */
function Rows({ results, chosen, onChoose }: ResultListProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const { first, last, rowPx, scrollTo } = useVisibleRows(box, results.length);
  const at = results.findIndex(({ id }) => id === chosen);
  useEffect(() => {
    if (at !== -1) scrollTo(at);
  }, [at, scrollTo]);

  function move(event: KeyboardEvent): void {
    const to = rowAfterKey(event.key, at, results.length);
    const next = to === null ? undefined : results[to];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onChoose(next.id);
  }

  return (
    <div
      ref={box}
      className="rows"
      role="listbox"
      aria-labelledby="list-heading"
      aria-activedescendant={at >= first && at < last ? `result-${chosen}` : undefined}
      tabIndex={0}
      onKeyDown={move}
    >
      <div role="presentation" style={{ height: results.length * rowPx, position: 'relative' }}>
        {results.slice(first, last).map((result, offset) => (
          <Row
            key={result.id}
            result={result}
            position={first + offset}
            of={results.length}
            isChosen={result.id === chosen}
            topPx={(first + offset) * rowPx}
            onChoose={onChoose}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly result: Result;
  readonly position: number;
  readonly of: number;
  readonly isChosen: boolean;
  readonly topPx: number;
  readonly onChoose: (id: number) => void;
}

function Row({ result, position, of, isChosen, topPx, onChoose }: RowProps): ReactElement {
  const { id, name, verdict, code, fact } = result;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the list, which has the focus
    // biome-ignore lint/a11y/useFocusableInteractive: likewise
    <div
      id={`result-${id}`}
      role="option"
      className={`result ${verdict}`}
      data-code={code ?? ''}
      aria-selected={isChosen}
      aria-setsize={of}
      aria-posinset={position + 1}
      style={{ transform: `translateY(${topPx}px)` }}
      onClick={() => onChoose(id)}
    >
      <VerdictSign verdict={verdict} />
      <span className="result-text">
        <span className="result-name">{escapeForDisplay(name)}</span>
        {fact && <span className="result-fact">{escapeForDisplay(fact.endpointUrl)}</span>}
      </span>
      <span className="result-word">{VERDICT_WORD[verdict]}</span>
    </div>
  );
}

const PAGE_ROWS = 10;

/** The row that a key leads to, or null when it is none of ours. */
export function rowAfterKey(key: string, at: number, count: number): number | null {
  const within = (to: number): number => Math.max(0, Math.min(to, count - 1));
  switch (key) {
    case 'ArrowDown':
    case 'j':
    case 'J':
      return within(at + 1);
    case 'ArrowUp':
    case 'k':
    case 'K':
      return within(at - 1);
    case 'PageDown':
      return within(at + PAGE_ROWS);
    case 'PageUp':
      return within(at - PAGE_ROWS);
    case 'Home':
      return within(0);
    case 'End':
      return within(count - 1);
    default:
      return null;
  }
}
