/** The signs of verdicts and checks, drawn; a word always stands beside them. @module */
import type { CheckStatus, Verdict } from '@kapsel/verification';
import type { ReactElement } from 'react';

type SignName = 'tick' | 'cross' | 'exclamation' | 'question' | 'wave' | 'hash' | 'dash' | 'clock';

const STROKES: Readonly<Record<SignName, string>> = {
  tick: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  exclamation: 'M12 5v9M12 18.6v.01',
  question: 'M8.5 9a3.5 3.5 0 1 1 5.2 3.1c-1.1.6-1.7 1.2-1.7 2.4M12 18.6v.01',
  wave: 'M5 13.5c2.3-3.6 4.7-3.6 7-1s4.7 2.6 7-1',
  hash: 'M9.5 5L8 19M16 5l-1.5 14M5.5 9.5h13.5M5 14.5h13.5',
  dash: 'M7 12h10',
  clock: 'M12 7v5.5l3.5 2',
};

const SIGN_OF_VERDICT: Readonly<Record<Verdict, SignName>> = {
  verified: 'tick',
  invalid: 'cross',
  malformed: 'exclamation',
  untrusted: 'question',
  inconclusive: 'wave',
  error: 'hash',
};

const SIGN_OF_STATUS: Readonly<Record<CheckStatus, SignName>> = {
  pass: 'tick',
  fail: 'cross',
  pending: 'clock',
  skipped: 'dash',
};

export function VerdictSign({ verdict }: { readonly verdict: Verdict }): ReactElement {
  return <Sign name={SIGN_OF_VERDICT[verdict]} />;
}

export function StatusSign({ status }: { readonly status: CheckStatus }): ReactElement {
  return <Sign name={SIGN_OF_STATUS[status]} />;
}

/** Says that a line opens; it turns when it has. */
export function Chevron(): ReactElement {
  return (
    <svg className="chevron" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      <path d="M4 2l4 4-4 4" />
    </svg>
  );
}

function Sign({ name }: { readonly name: SignName }): ReactElement {
  return (
    <svg className="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <circle cx="12" cy="12" r="12" />
      <path d={STROKES[name]} />
    </svg>
  );
}
