/** Where in the page we are: the fragment names the screen, what it is about, and its filters. Nothing of it is sent to the server. @module */

export const SCREENS = ['overview', 'events', 'endpoints', 'log', 'keys'] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  readonly screen: Screen;
  /** What the screen is about; null for the list. */
  readonly id: string | null;
  readonly query: Readonly<Record<string, string>>;
}

/** `#/events?status=failed`, `#/events/{id}`. Anything else is the first screen. */
export function routeFromFragment(fragment: string): Route {
  const [path = '', search = ''] = fragment.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [name = '', id = ''] = path.split('/');
  const screen = SCREENS.find((each) => each === name);
  if (screen === undefined) return { screen: SCREENS[0], id: null, query: {} };
  const query = Object.fromEntries(new URLSearchParams(search));
  return { screen, id: id === '' ? null : decoded(id), query };
}

/** A link to it; members of the query that are empty or null are left out. */
export function fragmentFromRoute(
  screen: Screen,
  id: string | null = null,
  query: Readonly<Record<string, string | null>> = {},
): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== null && entry[1] !== '',
  );
  const search = new URLSearchParams(given).toString();
  const path = id === null ? screen : `${screen}/${encodeURIComponent(id)}`;
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray "%": no id has one, so the server knows nothing of it
  }
}
