/** One delivery attempt in the timeline: what came of it, and its proof to keep or to check. @module */
import { escapeForDisplay } from '@kapsel/verification';
import { type ReactElement, useState } from 'react';
import type { ApiAnswer } from '../api.ts';
import type { DeliveryAttempt } from '../api-shapes.ts';
import { shortUtc } from '../page-time.ts';
import { downloadProof, openInVerifier } from '../proof-file.ts';
import { useDeed, useDesk, useMay } from '../use-answer.ts';
import { sayError, sayOutcome } from '../words.ts';
import { Fault, Tag, When } from './states.tsx';

export function AttemptItem({ attempt }: { readonly attempt: DeliveryAttempt }): ReactElement {
  const { word, tone } = sayOutcome(attempt);
  return (
    <li className={tone}>
      <div className="title-line">
        <h3>
          Attempt {attempt.attempt_number} <Tag tone={tone}>{word}</Tag>
        </h3>
        <Proof attempt={attempt} />
      </div>
      <p className="note">
        <When time={attempt.attempted_at} text={`${shortUtc(attempt.attempted_at)} UTC`} />
        {attempt.duration_ms !== null && `, took ${attempt.duration_ms} ms`}
        {attempt.error !== null && `, ${sayError(attempt.error)}`}
      </p>
      <p className="note">
        to <code>{escapeForDisplay(attempt.endpoint_url)}</code>
      </p>
    </li>
  );
}

function Proof({ attempt }: { readonly attempt: DeliveryAttempt }): ReactElement {
  const { api } = useDesk();
  const may = useMay('proofs:read');
  const { isRunning, fault, run } = useDeed<string>();
  const [isTooLarge, setIsTooLarge] = useState(false);
  if (attempt.leaf_state === 'none') return <span className="note">Not in the log yet</span>;
  if (attempt.leaf_state === 'waiting') {
    return <span className="note">Waits for its place in the log</span>;
  }
  if (!may) return <span className="note">Leaf {attempt.leaf_index}</span>;
  const number = attempt.attempt_number;
  const proof = (): Promise<ApiAnswer<string>> =>
    api.call('GET', attempt.proof_url, { as: 'text' });
  const verify = async (value: string): Promise<void> =>
    setIsTooLarge(!(await openInVerifier(value)));
  return (
    <div className="actions">
      <span role="status" className="note">
        {isTooLarge && 'Too large for a link: download it, and open it on the verifier page.'}
      </span>
      <Fault fault={fault} />
      <button
        type="button"
        className="quiet"
        aria-disabled={isRunning}
        aria-label={`Download the proof of attempt ${number}`}
        onClick={() => void run(proof, (value) => downloadProof(attempt, value))}
      >
        Download proof
      </button>
      <button
        type="button"
        className="quiet"
        aria-disabled={isRunning}
        aria-label={`Verify attempt ${number} here, in a new tab`}
        onClick={() => void run(proof, (value) => void verify(value))}
      >
        Verify here
      </button>
    </div>
  );
}
