/** What a screen shows, asked of the server: loading, there, or why not; asked again on request. @module */
import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react';
import type { Api, ApiAnswer, ApiFault } from './api.ts';
import type { Scope, Session } from './api-shapes.ts';

export interface Desk {
  readonly api: Api;
  readonly session: Session;
  readonly nowMs: () => number;
}

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

/** Who is signed in, and the server to ask. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new TypeError('a screen outside of the frame');
  return desk;
}

export function useMay(scope: Scope): boolean {
  return useDesk().session.scopes.includes(scope);
}

export type Asked<Value> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'there'; readonly value: Value; readonly etag: string | null }
  | { readonly kind: 'fault'; readonly fault: ApiFault };

/** `path` null asks nothing. What was shown stays until the new answer is there, unless it was of another path. */
export function useAnswer<Value>(path: string | null): Asked<Value> & {
  readonly reload: () => void;
  readonly isReloading: boolean;
} {
  const { api } = useDesk();
  const [turn, setTurn] = useState(0);
  const [last, setLast] = useState<{
    readonly path: string;
    readonly turn: number;
    readonly asked: Asked<Value>;
  } | null>(null);
  useEffect(() => {
    if (path === null) return;
    const aborting = new AbortController();
    api.call<Value>('GET', path, { signal: aborting.signal }).then(
      (answer) => setLast({ path, turn, asked: askedFrom(answer) }),
      () => undefined, // aborted: another question took its place
    );
    return () => aborting.abort();
  }, [api, path, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const isCurrent = last !== null && last.path === path;
  const asked: Asked<Value> = isCurrent ? last.asked : { kind: 'loading' };
  return { ...asked, reload, isReloading: isCurrent && last.turn !== turn };
}

function askedFrom<Value>(answer: ApiAnswer<Value>): Asked<Value> {
  return answer.kind === 'ok'
    ? { kind: 'there', value: answer.value, etag: answer.etag }
    : { kind: 'fault', fault: answer.fault };
}

/**
 * Something that changes the server: runs once at a time, and keeps its refusal until the next try. Its button stays
 * one that can be focused meanwhile, so that nobody loses his place.
 */
export function useDeed<Value>(): {
  readonly isRunning: boolean;
  readonly fault: ApiFault | null;
  readonly run: (
    ask: () => Promise<ApiAnswer<Value>>,
    onDone: (value: Value) => void,
  ) => Promise<void>;
  readonly forget: () => void;
} {
  const [state, setState] = useState<{
    readonly isRunning: boolean;
    readonly fault: ApiFault | null;
  }>({ isRunning: false, fault: null });
  const running = useRef(false);
  const run = useCallback(
    async (ask: () => Promise<ApiAnswer<Value>>, onDone: (value: Value) => void) => {
      if (running.current) return;
      running.current = true;
      setState({ isRunning: true, fault: null });
      const answer = await ask();
      running.current = false;
      setState({ isRunning: false, fault: answer.kind === 'fault' ? answer.fault : null });
      if (answer.kind === 'ok') onDone(answer.value);
    },
    [],
  );
  const forget = useCallback(() => setState({ isRunning: false, fault: null }), []);
  return { ...state, run, forget };
}
