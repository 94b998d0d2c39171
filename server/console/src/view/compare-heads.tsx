/** Two heads of the log, compared here in the browser: does the later tree begin with the earlier one? @module */
import {
  type ConsistencyReport,
  explainCode,
  followKeyStatements,
  leadingFailure,
  type Verdict,
  verifyHeadConsistency,
} from '@kapsel/verification';
import { type ReactElement, type SubmitEvent, useId, useState } from 'react';
import type { ApiAnswer } from '../api.ts';
import { pinnedTrust } from '../pinned-keys.ts';
import { useDeed, useDesk } from '../use-answer.ts';
import type { Tone } from '../words.ts';
import { Fault, Tag } from './states.tsx';

const SAID: Readonly<Record<Verdict, { readonly tone: Tone; readonly sentence: string | null }>> = {
  verified: {
    tone: 'good',
    sentence:
      'The later tree begins with the earlier one, under a key that you pinned: nothing was removed or rewritten between them.',
  },
  invalid: {
    tone: 'bad',
    sentence: 'The heads do not go together. Keep both: they are evidence.',
  },
  untrusted: {
    tone: 'warn',
    sentence:
      'A head is not signed by a key that you pinned, so it could be anybody’s: nothing was compared.',
  },
  malformed: { tone: 'bad', sentence: null },
  inconclusive: { tone: 'warn', sentence: null },
  error: { tone: 'bad', sentence: null },
};

interface Texts {
  readonly older: string;
  readonly newer: string;
  readonly proof: string;
}

export function CompareHeads({ newest }: { readonly newest: number }): ReactElement {
  const { api, nowMs } = useDesk();
  const { isRunning, fault, run } = useDeed<Texts>();
  const [report, setReport] = useState<ConsistencyReport | null>(null);
  const id = useId();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const sizes = [Number(fields.get('older')), Number(fields.get('newer'))];
    const [older = 0, newer = 0] = sizes.sort((left, right) => left - right);
    setReport(null);
    const text = (path: string): Promise<ApiAnswer<string>> =>
      api.call('GET', `/attestation/${path}`, { as: 'text' });
    void run(
      async () => {
        const answers = [
          await text(`sth?tree_size=${older}`),
          await text(`sth?tree_size=${newer}`),
          await text(`consistency-proof?old_size=${older}&new_size=${newer}`),
        ];
        const refused = answers.find((answer) => answer.kind === 'fault');
        if (refused !== undefined) return refused;
        const [first = '', second = '', third = ''] = answers.flatMap((answer) =>
          answer.kind === 'ok' ? [answer.value] : [],
        );
        return { kind: 'ok', value: { older: first, newer: second, proof: third }, etag: null };
      },
      ({ older: olderText, newer: newerText, proof }) => {
        const trust = pinnedTrust(() => localStorage);
        const options = { nowMs: nowMs(), followKeyStatements };
        setReport(verifyHeadConsistency(olderText, newerText, proof, trust, options));
      },
    );
  }

  return (
    <section className="panel" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Compare two tree heads</h2>
      <form className="narrowing heads" onSubmit={submit}>
        <SizeField name="older" label="Leaves of one head" max={newest} value={1} />
        <SizeField name="newer" label="Leaves of the other" max={newest} value={newest} />
        <button type="submit" className="quiet" aria-disabled={isRunning}>
          {isRunning ? 'Comparing…' : 'Compare'}
        </button>
      </form>
      {fault?.code === 'no_tree_head' ? (
        <p role="alert" className="fault">
          No head was signed over a tree of this size. Take the size of one that you have seen.
        </p>
      ) : (
        <Fault fault={fault} />
      )}
      <div role="status">{report !== null && <Comparison report={report} />}</div>
      <p className="note">
        Checked in this browser, with the keys that you pinned and remembered on the{' '}
        <a href="/verify">verifier page</a>.
      </p>
    </section>
  );
}

function SizeField(props: {
  readonly name: string;
  readonly label: string;
  readonly max: number;
  readonly value: number;
}): ReactElement {
  const { name, label, max, value } = props;
  const id = useId();
  return (
    <label htmlFor={id}>
      {label}
      <input id={id} name={name} type="number" required min={1} max={max} defaultValue={value} />
    </label>
  );
}

function Comparison({ report }: { readonly report: ConsistencyReport }): ReactElement {
  const { verdict } = report;
  const { tone, sentence } = SAID[verdict];
  const code = leadingFailure(report)?.code;
  return (
    <p data-verdict={verdict} data-code={code}>
      <Tag tone={tone}>{verdict}</Tag>{' '}
      {sentence ?? (code === undefined ? '' : explainCode(code).what)}
    </p>
  );
}
