/** A small button that copies one value; where the browser does not copy, it selects the value instead. @module */
import { type ReactElement, useState } from 'react';
import { copyText } from '../clipboard.ts';

interface CopyButtonProps {
  readonly value: string;
  /** What the value is, for people who do not see it beside the button. */
  readonly name: string;
}

/** Stands right behind the element that shows the value. */
export function CopyButton({ value, name }: CopyButtonProps): ReactElement {
  const [isCopied, setCopied] = useState(false);

  async function copy(button: HTMLElement): Promise<void> {
    const done = await copyText(value);
    setCopied(done);
    const shown = button.previousElementSibling;
    if (!done && shown !== null) window.getSelection()?.selectAllChildren(shown);
  }

  return (
    <button
      type="button"
      className="copy"
      aria-label={isCopied ? `${name}: copied` : `Copy: ${name}`}
      title={isCopied ? 'Copied' : 'Copy'}
      onBlur={() => setCopied(false)}
      onClick={(event) => {
        // Never rejects: a refusal is an answer.
        void copy(event.currentTarget);
      }}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={isCopied ? TICK : SHEETS} />
      </svg>
    </button>
  );
}

const TICK = 'M3.5 8.5l3 3 6-7';
const SHEETS = 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z';
