/** The way through a list that goes on: to older items, and back to the newest. @module */
import type { ReactElement } from 'react';
import { fragmentFromRoute, type Screen } from '../route.ts';

export function Pages({
  screen,
  filter = {},
  cursor,
  nextCursor,
}: {
  readonly screen: Screen;
  readonly filter?: Readonly<Record<string, string>>;
  /** Of the page that is shown; undefined for the first. */
  readonly cursor: string | undefined;
  readonly nextCursor: string | null;
}): ReactElement | null {
  if (cursor === undefined && nextCursor === null) return null;
  return (
    <nav className="actions" aria-label="Pages">
      {cursor !== undefined && <a href={fragmentFromRoute(screen, null, filter)}>Newest</a>}
      {nextCursor !== null && (
        <a href={fragmentFromRoute(screen, null, { ...filter, cursor: nextCursor })}>Older</a>
      )}
    </nav>
  );
}
