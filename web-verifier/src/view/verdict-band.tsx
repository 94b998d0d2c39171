/** The verdict at a glance: sign, word, sentence, levels, and who signed. @module */
import {
  type Check,
  type ErrorCode,
  escapeForDisplay,
  levelsText,
  type PublicKey,
  type Report,
  shortKeyId,
} from '@kapsel/verification';
import type { ReactElement, Ref } from 'react';
import type { Finding } from '../finding.ts';
import {
  reasonOfCheck,
  SAMPLE_VERIFIED,
  sentenceOf,
  sentenceOfFinding,
  VERDICT_WORD,
} from '../words.ts';
import { VerdictSign } from './sign.tsx';

interface VerdictBandProps {
  readonly finding: Finding;
  readonly headingRef: Ref<HTMLHeadingElement>;
  readonly keysPinned: number;
  /** Checked under a key that nobody was asked about. */
  readonly isSample: boolean;
  readonly onPin: (key: PublicKey) => void;
}

export function VerdictBand(props: VerdictBandProps): ReactElement {
  const { finding, headingRef, keysPinned, isSample, onPin } = props;
  const { verdict, code, failure, report, other, item } = finding;
  return (
    <div className={`band ${verdict}`} data-verdict={verdict} data-code={code ?? ''}>
      <VerdictSign verdict={verdict} />
      <div className="band-text">
        <h2 ref={headingRef} tabIndex={-1} id="verdict">
          {VERDICT_WORD[verdict]}
        </h2>
        <p className="sentence">
          {isSample && verdict === 'verified' ? SAMPLE_VERIFIED : sentenceOfFinding(finding)}
        </p>
        {verdict === 'verified' && report && <p>{levelsText(report)}</p>}
        {code === 'E_KEY_UNKNOWN' && <p>{keyAdvice(keysPinned)}</p>}
        {other?.kind === 'public-key' && (
          <p>
            <button type="button" onClick={() => onPin(other.key)}>
              Trust this key ({shortKeyId(other.key.keyId)})
            </button>
          </p>
        )}
        {failure && <Reason failure={failure} isRead={item.bytes !== null} />}
        <p className="file">
          <span className="file-name">{escapeForDisplay(item.name)}</span>
          {report?.key && (
            <span>
              {isSignedByTrusted(report) ? 'signed by key ' : 'claims to be signed by key '}
              <code>{shortKeyId(report.key.keyId)}</code>
            </span>
          )}
          {code !== null && <code className="code">{code}</code>}
        </p>
      </div>
    </div>
  );
}

function isSignedByTrusted({ key, checks }: Report): boolean {
  const signature = checks.find(({ id }) => id === 'signature');
  return key?.source !== 'unknown' && signature?.status === 'pass';
}

/** What the sentence under the verdict has not said already. */
function Reason(props: { readonly failure: Check; readonly isRead: boolean }): ReactElement | null {
  const { failure, isRead } = props;
  const { code, reason } = failure;
  if (!isRead) return reason === undefined ? null : <p>{sentenceOf(escapeForDisplay(reason))}</p>;
  if (code !== undefined && SAID_BY_SENTENCE.includes(code)) return null;
  return <p>{reasonOfCheck(failure)}</p>;
}

const SAID_BY_SENTENCE: readonly ErrorCode[] = ['E_KEY_UNKNOWN', 'E_VERSION'];

function keyAdvice(keysPinned: number): string {
  return keysPinned === 0
    ? 'You have not said which key you trust. Add the operator’s key above and the verdict is renewed.'
    : 'It is none of the keys that you pinned above. Ask the operator whether the key was changed, and compare fingerprints before you add another.';
}
