/** A hash in groups of four, selectable as one run of digits, with the first differing byte marked. @module */
import { escapeForDisplay } from '@kapsel/verification';
import type { ReactElement } from 'react';
import { firstDifferentByte, groupsFromHex, isHex } from '../hex-groups.ts';
import { CopyButton } from './copy-button.tsx';

interface HashProps {
  readonly value: string;
  /** The byte to mark, counted from 0; null or absent marks none. */
  readonly marked?: number | null;
  /** What it is: then it can be copied. */
  readonly name?: string;
}

/** A value from a file: hex in groups, anything else as escaped text. */
export function Hash({ value, marked = null, name }: HashProps): ReactElement {
  if (!isHex(value)) return <code className="text">{escapeForDisplay(value)}</code>;
  const shown = (
    <code className="hash">
      {groupsFromHex(value).map(({ byte, digits }) => (
        <span key={byte} className="group">
          <Digits digits={digits} marked={marked === null ? null : marked - byte} />
        </span>
      ))}
    </code>
  );
  if (name === undefined) return shown;
  return (
    <span className="copyable">
      {shown}
      <CopyButton value={value} name={name} />
    </span>
  );
}

/** One group; `marked` is the position of the marked byte counted from its start, often far outside. */
function Digits(props: { readonly digits: string; readonly marked: number | null }): ReactElement {
  const { digits, marked } = props;
  if (marked === null || marked < 0 || 2 * marked >= digits.length) return <>{digits}</>;
  const at = 2 * marked;
  return (
    <>
      {digits.slice(0, at)}
      <mark>{digits.slice(at, at + 2)}</mark>
      {digits.slice(at + 2)}
    </>
  );
}

/** Both values of a failed check, one below the other, so that a difference meets the eye. */
export function Comparison(props: {
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** How the core calls the two values. */
  readonly names: { readonly expected: string; readonly actual: string };
}): ReactElement | null {
  const { expected, actual, names } = props;
  if (expected === undefined && actual === undefined) return null;
  const marked = firstDifferentByte(expected ?? '', actual ?? '');
  return (
    <div className="comparison">
      <dl>
        {actual !== undefined && (
          <div>
            <dt>{names.actual}</dt>
            <dd>
              <Hash value={actual} marked={marked} name={names.actual} />
            </dd>
          </div>
        )}
        {expected !== undefined && (
          <div>
            <dt>{names.expected}</dt>
            <dd>
              <Hash value={expected} marked={marked} name={names.expected} />
            </dd>
          </div>
        )}
      </dl>
      {marked !== null && <p className="note">The first difference is at byte {marked + 1}.</p>}
    </div>
  );
}
