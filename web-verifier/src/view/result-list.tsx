/** The list of several results: one line each, the chosen one is shown in detail. @module */
import { escapeForDisplay } from '@kapsel/verification';
import type { ReactElement } from 'react';
import type { Finding } from '../finding.ts';
import { summaryOfFindings, VERDICT_WORD } from '../words.ts';
import { VerdictSign } from './sign.tsx';

interface ResultListProps {
  readonly findings: readonly Finding[];
  readonly chosen: number;
  readonly onChoose: (position: number) => void;
}

export function ResultList({ findings, chosen, onChoose }: ResultListProps): ReactElement {
  return (
    <section className="panel result-list" aria-labelledby="list-heading">
      <h2 id="list-heading">{summaryOfFindings(findings)}</h2>
      <ul>
        {findings.map(({ entry, verdict, code }, position) => (
          <li key={entry.id}>
            <button
              type="button"
              className={`result ${verdict}`}
              data-code={code ?? ''}
              aria-current={position === chosen}
              onClick={() => onChoose(position)}
            >
              <VerdictSign verdict={verdict} />
              <span className="result-name">{escapeForDisplay(entry.name)}</span>
              <span className="result-word">{VERDICT_WORD[verdict]}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
