/** What a screen shows when it cannot show what it is for: loading, nothing there, not allowed, refused. @module */
import type { ReactElement, ReactNode } from 'react';
import type { ApiFault } from '../api.ts';
import type { Scope } from '../api-shapes.ts';
import { type Asked, useMay } from '../use-answer.ts';
import { sayFault, sayMissing, type Tone } from '../words.ts';

export function Tag({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children: ReactNode;
}): ReactElement {
  return <span className={`state ${tone}`}>{children}</span>;
}

/** The children, or the sentence that says which scope the key lacks. */
export function Needs({
  scope,
  children,
}: {
  readonly scope: Scope;
  readonly children: ReactElement;
}): ReactElement {
  const may = useMay(scope);
  return may ? children : <NoPermission scope={scope} />;
}

export function NoPermission({ scope }: { readonly scope: Scope }): ReactElement {
  return (
    <div className="panel empty" data-state="no-permission">
      <h2>Not allowed</h2>
      <p>{sayMissing(scope)}</p>
      <p className="note">Sign in with another key, or ask whoever manages the API keys.</p>
    </div>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <div className="panel empty" data-state="empty">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}

/** A refusal of something that was tried, where it was tried. */
export function Fault({ fault }: { readonly fault: ApiFault | null }): ReactElement | null {
  if (fault === null) return null;
  return (
    <p role="alert" className="fault" data-code={fault.code}>
      {sayFault(fault)}
    </p>
  );
}

/** The answer as `show` draws it, or what there is to say instead. */
export function Shown<Value>({
  asked,
  reload,
  show,
}: {
  readonly asked: Asked<Value>;
  readonly reload: () => void;
  readonly show: (value: Value) => ReactNode;
}): ReactElement {
  switch (asked.kind) {
    case 'loading':
      return (
        <p className="loading" role="status">
          Loading…
        </p>
      );
    case 'there':
      return <>{show(asked.value)}</>;
    case 'fault':
      return (
        <div className="panel empty" data-state="fault" data-code={asked.fault.code}>
          <h2>{asked.fault.code === 'not_found' ? 'Not found' : 'That did not work'}</h2>
          <p role="alert">{sayFault(asked.fault)}</p>
          <button type="button" className="quiet" onClick={reload}>
            Try again
          </button>
        </div>
      );
  }
}

/** Asks again for what is shown. */
export function Refresh({
  reload,
  isReloading,
}: {
  readonly reload: () => void;
  readonly isReloading: boolean;
}): ReactElement {
  return (
    <button type="button" className="quiet" onClick={reload} aria-disabled={isReloading}>
      {isReloading ? 'Loading…' : 'Refresh'}
    </button>
  );
}

/** A moment: short UTC to read, the exact one on the element. */
export function When({
  time,
  text,
}: {
  readonly time: string;
  readonly text: string;
}): ReactElement {
  return (
    <time dateTime={time} title={time}>
      {text}
    </time>
  );
}
