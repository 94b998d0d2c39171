/** The Bitcoin anchor of a proof: what it says, and a place for the block header that decides it. @module */
import {
  type AnchorVerdict,
  anchorWords,
  blockWords,
  escapeForDisplay,
  type HeaderEvidence,
  type Report,
} from '@kapsel/verification';
import { type ReactElement, type SubmitEvent, useId, useState } from 'react';
import { heightOfHeader, readHeaderText } from '../grounds.ts';
import { ANCHOR_WORDS, sentenceOf } from '../words.ts';
import { Hash } from './hash.tsx';

interface AnchorCardProps {
  readonly report: Report;
  /** What the person gave until now. */
  readonly headers: readonly HeaderEvidence[];
  readonly onHeader: (header: HeaderEvidence) => void;
  /** Takes back what was given of a block. */
  readonly onForget: (height: number) => void;
}

export function AnchorCard(props: AnchorCardProps): ReactElement | null {
  const { report, headers, onHeader, onForget } = props;
  // A proof may be stamped by several calendars; each may lead to a block of its own.
  const anchors = report.anchors.map((anchor, i) => ({ anchor, id: i }));
  if (anchors.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="anchor-heading">
      <h2 id="anchor-heading">Bitcoin anchor</h2>
      {anchors.map(({ anchor, id }) => (
        <Anchor
          key={id}
          anchor={anchor}
          isGiven={headers.some((header) => heightOfHeader(header) === heightOf(anchor))}
          onHeader={onHeader}
          onForget={onForget}
        />
      ))}
    </section>
  );
}

interface AnchorProps {
  readonly anchor: AnchorVerdict;
  /** The person gave a header of its block. */
  readonly isGiven: boolean;
  readonly onHeader: (header: HeaderEvidence) => void;
  readonly onForget: (height: number) => void;
}

function Anchor({ anchor, isGiven, onHeader, onForget }: AnchorProps): ReactElement {
  const { state, decisive } = anchor;
  const height = heightOf(anchor);
  return (
    <div className="anchor" data-anchor={state}>
      <p>
        <b>{ANCHOR_WORDS[state].title}.</b> {storyOf(anchor)}
      </p>
      {decisive !== null && (
        <dl className="facts">
          <Root name="Merkle root in the proof" value={decisive.merkleRoot} />
          {state === 'mismatch' && (
            <Root
              name={isGiven ? 'Merkle root you gave' : 'Merkle root of that block'}
              value={decisive.knownRoot}
            />
          )}
          <Root name="Hash of the block" value={decisive.blockHash} />
        </dl>
      )}
      <p className="note">{ANCHOR_WORDS[state].note}</p>
      {state === 'header_not_given' && height !== null && (
        <HeaderForm block={blockWords(anchor)} height={height} onHeader={onHeader} />
      )}
      {isGiven && height !== null && (
        <p>
          <button type="button" className="quiet" onClick={() => onForget(height)}>
            Take back what I gave of {blockWords(anchor)}
          </button>
        </p>
      )}
    </div>
  );
}

/** What the proof comes to; an open one without the root, which stands below. */
function storyOf(anchor: AnchorVerdict): string {
  if (anchor.state !== 'header_not_given') return sentenceOf(escapeForDisplay(anchorWords(anchor)));
  return `The proof leads to ${blockWords(anchor)}. Whether it is right, the header of that block decides.`;
}

function Root(props: {
  readonly name: string;
  readonly value: string | null;
}): ReactElement | null {
  if (props.value === null) return null;
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        <Hash value={props.value} name={props.name} />
      </dd>
    </div>
  );
}

function HeaderForm(props: {
  readonly block: string;
  readonly height: number;
  readonly onHeader: (header: HeaderEvidence) => void;
}): ReactElement {
  const { block, height, onHeader } = props;
  const [text, setText] = useState('');
  const fieldId = useId();
  const header = text.trim() === '' ? null : readHeaderText(height, text);
  const isRefused = text.trim() !== '' && header === null;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (header !== null) onHeader(header);
  }

  return (
    <form className="key-form" onSubmit={submit}>
      <label htmlFor={fieldId}>Header or Merkle root of {block}</label>
      <div className="field-row">
        <textarea
          id={fieldId}
          rows={2}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          aria-describedby={`${fieldId}-note`}
          aria-invalid={isRefused}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="160 hex digits, or the 64 of the Merkle root"
        />
        <button type="submit" disabled={header === null}>
          Use it
        </button>
      </div>
      <div id={`${fieldId}-note`} className="field-note" role="status">
        {isRefused && (
          <p className="fault">This is no block header with its work, and no Merkle root.</p>
        )}
      </div>
    </form>
  );
}

function heightOf({ decisive }: AnchorVerdict): number | null {
  return decisive?.attestation.kind === 'bitcoin' ? decisive.attestation.height : null;
}
