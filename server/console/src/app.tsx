/** The operator page: who is signed in, and which screen is shown. @module */
import {
  type ReactElement,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { Api } from './api.ts';
import type { ConsoleSession, Session } from './api-shapes.ts';
import { type Route, routeFromFragment } from './route.ts';
import { DeskProvider } from './use-answer.ts';
import { EndpointScreen } from './view/endpoint.tsx';
import { EndpointsScreen } from './view/endpoints.tsx';
import { EventScreen } from './view/event.tsx';
import { EventsScreen } from './view/events.tsx';
import { Frame } from './view/frame.tsx';
import { KeysScreen } from './view/keys.tsx';
import { LogScreen } from './view/log.tsx';
import { OverviewScreen } from './view/overview.tsx';
import { SignIn } from './view/sign-in.tsx';

/** `unknown` until the server has said; `ended` when it does not know the session any more. */
type Who =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'nobody'; readonly why: 'first' | 'ended' | 'left' | 'unreachable' }
  | { readonly kind: 'somebody'; readonly session: Session };

export function App({ nowMs }: { readonly nowMs: () => number }): ReactElement | null {
  const [who, setWho] = useState<Who>({ kind: 'unknown' });
  const api = useMemo(
    () =>
      new Api({
        fetch: (...request) => fetch(...request),
        protocol: location.protocol,
        onSignedOut: () => setWho({ kind: 'nobody', why: 'ended' }),
      }),
    [],
  );
  const route = useRoute();

  const findOut = useCallback(async () => {
    const answer = await api.call<ConsoleSession>('GET', '/console/session');
    if (answer.kind === 'fault') return setWho({ kind: 'nobody', why: 'unreachable' });
    const { session } = answer.value;
    setWho(session === null ? { kind: 'nobody', why: 'first' } : { kind: 'somebody', session });
  }, [api]);
  // The answer is the state of this very component.
  useEffect(() => void findOut(), [findOut]);

  async function signOut(): Promise<void> {
    await api.call('DELETE', '/console/session');
    setWho({ kind: 'nobody', why: 'left' });
  }

  if (who.kind === 'unknown') return null; // for the moment of one request
  if (who.kind === 'nobody') {
    return (
      <SignIn
        api={api}
        why={who.why}
        onSignedIn={(session) => setWho({ kind: 'somebody', session })}
      />
    );
  }
  return (
    <DeskProvider value={{ api, session: who.session, nowMs }}>
      <Frame route={route} session={who.session} onSignOut={signOut}>
        <ScreenOf route={route} />
      </Frame>
    </DeskProvider>
  );
}

function ScreenOf({ route }: { readonly route: Route }): ReactElement {
  const { screen, id, query } = route;
  switch (screen) {
    case 'overview':
      return <OverviewScreen />;
    case 'events':
      return id === null ? <EventsScreen query={query} /> : <EventScreen key={id} id={id} />;
    case 'endpoints':
      return id === null ? (
        <EndpointsScreen cursor={query.cursor} />
      ) : (
        <EndpointScreen key={id} id={id} />
      );
    case 'log':
      return <LogScreen />;
    case 'keys':
      return <KeysScreen cursor={query.cursor} />;
  }
}

function useRoute(): Route {
  const fragment = useSyncExternalStore(watchFragment, () => location.hash);
  return useMemo(() => routeFromFragment(fragment), [fragment]);
}

function watchFragment(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}
