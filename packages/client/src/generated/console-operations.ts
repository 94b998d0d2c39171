/** The operations of "console", generated from the API’s document, and never edited: see docs/architecture.md. @module */
import type { OperationFacts } from '../operation.ts';
import type { ConsoleSession, SignIn } from './console-schemas.ts';

export interface ConsoleOperations {
  /** The operator page, to be opened in a browser. */
  readonly getConsolePage: { readonly args: Record<never, never>; readonly answer: string };
  /** Begins a session of the operator page. */
  readonly signIn: { readonly args: { readonly body: SignIn }; readonly answer: ConsoleSession };
  /** Who is signed in to the operator page. */
  readonly getConsoleSession: {
    readonly args: Record<never, never>;
    readonly answer: ConsoleSession;
  };
  /** Takes the session of the operator page from this browser. */
  readonly signOut: { readonly args: Record<never, never>; readonly answer: undefined };
}

export const CONSOLE_OPERATIONS: Readonly<Record<keyof ConsoleOperations, OperationFacts>> = {
  getConsolePage: { method: 'GET', path: '/console', body: null, answer: 'text' },
  signIn: { method: 'POST', path: '/console/session', body: 'application/json', answer: 'json' },
  getConsoleSession: { method: 'GET', path: '/console/session', body: null, answer: 'json' },
  signOut: { method: 'DELETE', path: '/console/session', body: null, answer: 'nothing' },
};
