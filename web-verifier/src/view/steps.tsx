/** Every check in order, as a list that opens; what failed is open and shows both values. @module */
import {
  type Check,
  describeValues,
  escapeForDisplay,
  explainCode,
  type Report,
  type Step,
  type Verdict,
  verdictOfCode,
} from '@kapsel/verification';
import type { ReactElement } from 'react';
import { utcFromMs } from '../display-time.ts';
import {
  type CheckWords,
  nextOnPage,
  PACKAGE_WORDS,
  reasonOfCheck,
  STATUS_WORD,
} from '../words.ts';
import { Comparison, Hash } from './hash.tsx';
import { Chevron, StatusSign, VerdictSign } from './sign.tsx';

interface StepsProps {
  readonly report: Pick<Report, 'checks' | 'steps'>;
  readonly words?: CheckWords;
}

export function Steps({ report, words = PACKAGE_WORDS }: StepsProps): ReactElement {
  const { checks, steps } = report;
  const made = checks.findLastIndex(({ status }) => status !== 'skipped') + 1;
  return (
    <section className="panel" aria-labelledby="steps-heading">
      <h2 id="steps-heading">The checks, in order</h2>
      <ol className="steps">
        {checks.slice(0, made).map((check) => (
          <li key={check.id}>
            <CheckStep check={check} steps={steps} words={words} />
          </li>
        ))}
        {made < checks.length && (
          <li>
            <NotMade checks={checks.slice(made)} words={words} />
          </li>
        )}
      </ol>
    </section>
  );
}

/** The skipped checks at the end as one line: named, with their reasons inside, and never a tick. */
function NotMade(props: {
  readonly checks: readonly Check[];
  readonly words: CheckWords;
}): ReactElement {
  const { checks, words } = props;
  return (
    <details className="check skipped">
      <summary>
        <StatusSign status="skipped" />
        <span className="check-title">Not checked: {checks.map(({ id }) => id).join(', ')}</span>
        <span className="check-status">{STATUS_WORD.skipped}</span>
        <Chevron />
      </summary>
      <dl className="facts">
        {checks.map((check) => (
          <div key={check.id} data-check={check.id}>
            <dt>{words.title[check.id]}</dt>
            <dd>{reasonOfCheck(check)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function CheckStep(props: {
  readonly check: Check;
  readonly steps: readonly Step[];
  readonly words: CheckWords;
}): ReactElement {
  const { check, steps, words } = props;
  // A key that is not pinned is no contradiction: a failed check wears the colour of what it leads to.
  const verdict = verdictOfFailure(check);
  return (
    <details
      className={`check ${check.status} ${verdict ?? ''}`}
      data-check={check.id}
      open={check.status === 'fail'}
    >
      <summary>
        {verdict === null ? (
          <StatusSign status={check.status} />
        ) : (
          <VerdictSign verdict={verdict} />
        )}
        <span className="check-title">{words.title[check.id]}</span>
        <span className="check-status">{STATUS_WORD[check.status]}</span>
        <Chevron />
      </summary>
      <div className="check-body">
        {check.status === 'pass' && <p>{words.meaning[check.id]}</p>}
        {check.status === 'pass' && check.reason !== undefined && <p>{reasonOfCheck(check)}</p>}
        {check.status !== 'pass' && check.status !== 'fail' && <p>{reasonOfCheck(check)}</p>}
        {check.status === 'fail' && <Failure check={check} />}
        <Calculation check={check} steps={steps} />
      </div>
    </details>
  );
}

function verdictOfFailure({ status, code }: Check): Verdict | null {
  if (status !== 'fail') return null;
  const verdict = code === undefined ? 'error' : verdictOfCode(code);
  return verdict === 'usage' ? 'error' : verdict;
}

function Failure({ check }: { readonly check: Check }): ReactElement {
  const words = check.code === undefined ? null : explainCode(check.code);
  return (
    <>
      <p className="fault">{reasonOfCheck(check)}</p>
      {check.field !== undefined && (
        <p className="note">
          Where: <code className="text">{escapeForDisplay(check.field)}</code>
        </p>
      )}
      {words && (
        <>
          <Comparison {...describeValues(check)} names={words.values} />
          <p>{words.causes}</p>
          <p>{nextOnPage(check.code, words.next)}</p>
        </>
      )}
    </>
  );
}

/** The numbers behind a check, for those who want to repeat it. */
function Calculation(props: {
  readonly check: Check;
  readonly steps: readonly Step[];
}): ReactElement | null {
  const { check, steps } = props;
  if (check.id === 'leaf') {
    const leaf = steps.find((step) => step.kind === 'leaf');
    return leaf ? <LeafStep sizeBytes={leaf.sizeBytes} hash={leaf.hash} /> : null;
  }
  if (check.id === 'signature') {
    const signature = steps.find((step) => step.kind === 'signature');
    return signature ? <SignatureStep step={signature} /> : null;
  }
  return null;
}

function LeafStep(props: { readonly sizeBytes: number; readonly hash: string }): ReactElement {
  return (
    <dl className="facts">
      <div>
        <dt>SHA-256 of 00 and {props.sizeBytes} bytes of text</dt>
        <dd>
          <Hash value={props.hash} name="leaf hash" />
        </dd>
      </div>
      <div>
        <dt>By hand</dt>
        <dd>
          <code className="text">{`printf '\\0%s' "$(jq -rj .leaf_data proof.json)" | sha256sum`}</code>
        </dd>
      </div>
    </dl>
  );
}

// Offsets in the 50 signed bytes, in hex digits. RFC 6962 section 3.5.
const TIME_AT = 4;
const SIZE_AT = 20;
const ROOT_AT = 36;

function SignatureStep({ step }: { readonly step: Step & { kind: 'signature' } }): ReactElement {
  const { message, signature, publicKey } = step;
  const timestampMs = Number(BigInt(`0x${message.slice(TIME_AT, SIZE_AT)}`));
  const treeSize = BigInt(`0x${message.slice(SIZE_AT, ROOT_AT)}`);
  const rows = [
    ['Version and type', message.slice(0, TIME_AT)],
    [`Time: ${utcFromMs(timestampMs)}`, message.slice(TIME_AT, SIZE_AT)],
    [`Tree size: ${treeSize}`, message.slice(SIZE_AT, ROOT_AT)],
    ['Root hash', message.slice(ROOT_AT)],
    ['Signature', signature],
    ['Public key in the file', publicKey],
  ] as const;
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Hash value={value} name={name} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
