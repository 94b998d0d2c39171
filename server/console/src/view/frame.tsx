/** What stands around every screen: the brand, the way to the screens, and the way out. @module */
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import type { Session } from '../api-shapes.ts';
import { shortUtc } from '../page-time.ts';
import { fragmentFromRoute, type Route, SCREENS, type Screen } from '../route.ts';

const NAMES: Readonly<Record<Screen, string>> = {
  overview: 'Overview',
  events: 'Events',
  endpoints: 'Endpoints',
  log: 'Log',
  keys: 'API keys',
};

interface FrameProps {
  readonly route: Route;
  readonly session: Session;
  readonly onSignOut: () => Promise<void>;
  readonly children: ReactNode;
}

export function Frame({ route, session, onSignOut, children }: FrameProps): ReactElement {
  const main = useFocusOnMove(route);
  return (
    <>
      {/* Not a link: a fragment would be another screen. */}
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header className="top">
        <Brand />
        <nav aria-label="Screens">
          <ul>
            {SCREENS.map((screen) => (
              <li key={screen}>
                <a
                  className="tab"
                  href={fragmentFromRoute(screen)}
                  aria-current={screen === route.screen ? 'page' : undefined}
                >
                  {NAMES[screen]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <button type="button" className="quiet" onClick={() => void onSignOut()}>
          Sign out
        </button>
      </header>
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer>
        <p>
          Signed in for tenant <code>{session.tenant_id}</code> until {shortUtc(session.expires_at)}{' '}
          UTC. All times are UTC. <a href="/docs">API</a> · <a href="/verify">Verifier page</a>
        </p>
        <p>
          Kapsel console {__PAGE_VERSION__}. This page talks to its own server and to nobody else.
        </p>
      </footer>
    </>
  );
}

export function Brand(): ReactElement {
  return (
    <p className="brand">
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <rect width="16" height="16" rx="3.5" />
        <path d="M4 8.4l2.7 2.7L12 5.6" />
      </svg>
      Kapsel console
    </p>
  );
}

/** Another screen is like another page: who listens or uses the keyboard begins at its top. */
function useFocusOnMove({ screen, id }: Route): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    const place = `${screen}/${id}`;
    const isMove = shown.current !== null && shown.current !== place;
    shown.current = place;
    const name = NAMES[screen];
    document.title = `${id === null ? name : name.replace(/s$/, '')} · Kapsel console`;
    if (!isMove) return;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [screen, id]);
  return main;
}
