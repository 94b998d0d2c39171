/** Top and bottom of the page: what it is, and what it never does. @module */
import type { ReactElement } from 'react';
import type { Look } from '../device-memory.ts';

interface PageHeaderProps {
  /** In a frame of another page. */
  readonly isEmbedded: boolean;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
}

const LOOKS: Readonly<Record<Look, string>> = { system: 'System', light: 'Light', dark: 'Dark' };

export function PageHeader({ isEmbedded, look, onLook }: PageHeaderProps): ReactElement {
  return (
    <header>
      <label className="look">
        Look{' '}
        <select value={look} onChange={(event) => onLook(event.currentTarget.value as Look)}>
          {Object.entries(LOOKS).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <p className="brand">
        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
          <rect width="16" height="16" rx="3.5" />
          <path d="M4 8.4l2.7 2.7L12 5.6" />
        </svg>
        Kapsel
      </p>
      <h1>Verify a delivery proof</h1>
      <p className="muted">
        Shows whether a webhook delivery was logged and signed. Everything happens on this device.
      </p>
      {isEmbedded && (
        <p className="notice">
          Checked by the site you are on. For an independent check open your own copy of this page:
          the keys that you pinned there are not shown here.
        </p>
      )}
    </header>
  );
}

export function PageFooter(): ReactElement {
  return (
    <footer>
      <p>
        Nothing leaves this page: its own policy forbids every connection. You can save it and use
        it without a network.
      </p>
      <p>
        Kapsel page {__PAGE_VERSION__}, reads kapsel.proof/v1. The command line program{' '}
        <code>kapsel-verify</code> gives the same verdicts.
      </p>
    </footer>
  );
}
