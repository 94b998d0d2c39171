/** Signing in with an API key. The key goes to the server once, and is kept nowhere in the page. @module */
import { type ReactElement, type SubmitEvent, useRef } from 'react';
import type { Api } from '../api.ts';
import type { Session } from '../api-shapes.ts';
import { useDeed } from '../use-answer.ts';
import { sayFault } from '../words.ts';
import { Brand } from './frame.tsx';

interface SignInProps {
  readonly api: Api;
  readonly why: 'first' | 'ended' | 'left' | 'unreachable';
  readonly onSignedIn: (session: Session) => void;
}

const WHY: Readonly<Record<SignInProps['why'], string | null>> = {
  first: null,
  left: 'You are signed out.',
  ended: 'Your session has ended, or its API key was revoked. Sign in again to go on.',
  unreachable: 'The server did not answer. Check that it runs, then try again.',
};

export function SignIn({ api, why, onSignedIn }: SignInProps): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const { isRunning, fault, run } = useDeed<{ session: Session }>();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const input = field.current;
    if (input === null) return;
    const body = { api_key: input.value.trim() };
    // Whatever comes of it, the key does not stay in the page.
    input.value = '';
    void run(
      () => api.call('POST', '/console/session', { body }),
      ({ session }) => onSignedIn(session),
    );
  }

  return (
    <main className="sign-in">
      <Brand />
      <h1>Sign in</h1>
      {WHY[why] !== null && <p role="status">{WHY[why]}</p>}
      <form className="panel" onSubmit={submit}>
        <label htmlFor="api-key">API key</label>
        <input
          ref={field}
          id="api-key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          maxLength={100}
          placeholder="ksk_…"
          aria-describedby="api-key-note"
        />
        <p id="api-key-note" className="note">
          A key of your tenant. What you may see and do here is what its scopes allow. It is
          exchanged for a session of twelve hours, and not kept in this page.
        </p>
        {fault !== null && (
          <p role="alert" className="fault">
            {fault.code === 'unauthorized'
              ? 'That is not a valid API key: unknown, expired or revoked.'
              : sayFault(fault)}
          </p>
        )}
        <button type="submit" aria-disabled={isRunning}>
          {isRunning ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <p className="note">
        To check a proof you need no key: open the <a href="/verify">verifier page</a>.
      </p>
    </main>
  );
}
