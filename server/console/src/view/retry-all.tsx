/** "Retry all N that match": the server counts, the operator agrees to that number, and the server says what came of it. @module */
import { type ReactElement, useState } from 'react';
import type { Replay } from '../api-shapes.ts';
import { useDeed, useDesk, useMay } from '../use-answer.ts';
import { countOf } from '../words.ts';
import { Dialog } from './dialog.tsx';
import type { FilterQuery } from './event-filter.tsx';
import { Fault } from './states.tsx';

/** Which filters can be retried as a whole. */
const NOUN: Readonly<Record<string, string>> = {
  failed: 'dead letter',
  delivered: 'delivered event',
};

interface Question {
  readonly counted: Replay;
  /** Of this question: asked twice, the server does it once. */
  readonly idempotencyKey: string;
}

export function RetryAll({
  filter,
  onDone,
}: {
  readonly filter: FilterQuery;
  readonly onDone: () => void;
}): ReactElement | null {
  const { api } = useDesk();
  const may = useMay('events:write');
  const [question, setQuestion] = useState<Question | null>(null);
  const [result, setResult] = useState<Replay | null>(null);
  const count = useDeed<Replay>();
  const replay = useDeed<Replay>();
  const { held, ...body } = filter;
  const noun = NOUN[filter.status ?? ''];
  if (!may || noun === undefined || held !== undefined) return null;

  function ask(): void {
    setResult(null);
    void count.run(
      () => api.call('POST', '/v1/events/replay', { body: { ...body, dry_run: true } }),
      (counted) => setQuestion({ counted, idempotencyKey: newKey() }),
    );
  }

  function retry({ counted, idempotencyKey }: Question): void {
    void replay.run(
      () =>
        api.call('POST', '/v1/events/replay', {
          // Not more than was agreed to, however many there are by now.
          body: { ...body, limit: counted.matched },
          headers: { 'idempotency-key': idempotencyKey },
        }),
      (done) => {
        setQuestion(null);
        setResult(done);
        onDone();
      },
    );
  }

  return (
    <>
      <span role="status">
        {result !== null &&
          `${countOf(result.queued, false, 'event')} queued${result.held > 0 ? `, ${result.held} held` : ''}.`}
      </span>
      <Fault fault={count.fault} />
      <button type="button" onClick={ask} aria-disabled={count.isRunning}>
        {count.isRunning ? 'Counting…' : `Retry all that match…`}
      </button>
      {question !== null && (
        <RetryDialog
          counted={question.counted}
          noun={noun}
          isRunning={replay.isRunning}
          onRetry={() => retry(question)}
          onClose={() => {
            replay.forget();
            setQuestion(null);
          }}
        >
          <Fault fault={replay.fault} />
        </RetryDialog>
      )}
    </>
  );
}

function RetryDialog({
  counted: { matched, matched_is_lower_bound: isLowerBound },
  noun,
  isRunning,
  onRetry,
  onClose,
  children,
}: {
  readonly counted: Replay;
  readonly noun: string;
  readonly isRunning: boolean;
  readonly onRetry: () => void;
  readonly onClose: () => void;
  readonly children: ReactElement;
}): ReactElement {
  const events = countOf(matched, false, noun);
  return (
    <Dialog title={matched === 0 ? 'Nothing to retry' : `Retry ${events}?`} onClose={onClose}>
      {matched === 0 ? (
        <p>
          No event of this filter can be delivered again. Those whose body is no longer kept, or
          whose endpoint was deleted, do not count.
        </p>
      ) : (
        <p>
          {isLowerBound
            ? `There are more than ${matched.toLocaleString('en')}; the oldest ${matched.toLocaleString('en')} are delivered now, and you can go on after that.`
            : 'Each is delivered again with its whole budget of attempts.'}{' '}
          Those of paused endpoints are held.
        </p>
      )}
      {children}
      <div className="actions">
        {matched > 0 && (
          <button type="button" onClick={onRetry} aria-disabled={isRunning}>
            {isRunning ? 'Retrying…' : `Retry ${matched.toLocaleString('en')}`}
          </button>
        )}
        <button type="button" className="quiet" onClick={onClose}>
          {matched === 0 ? 'Close' : 'Cancel'}
        </button>
      </div>
    </Dialog>
  );
}

/** 128 random bits. Not `randomUUID`: a page over plain HTTP has none. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
