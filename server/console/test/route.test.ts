import { describe, expect, it } from 'vitest';
import { fragmentFromRoute, routeFromFragment, SCREENS } from '../src/route.ts';

describe('the fragment', () => {
  it('names a screen, what it is about, and its filters', () => {
    expect(routeFromFragment('#/events?status=failed&since=2026-01-15T10%3A30%3A00.000Z')).toEqual({
      screen: 'events',
      id: null,
      query: { status: 'failed', since: '2026-01-15T10:30:00.000Z' },
    });
    expect(routeFromFragment('#/endpoints/a%2Fb')).toEqual({
      screen: 'endpoints',
      id: 'a/b',
      query: {},
    });
  });

  it('comes back as it was', () => {
    for (const screen of SCREENS) {
      for (const id of [null, 'x', 'a/b?c=d', '%', 'ä']) {
        const query = { status: 'a&b=c', until: '1+1' };
        expect(routeFromFragment(fragmentFromRoute(screen, id, query))).toEqual({
          screen,
          id,
          query,
        });
      }
    }
  });

  it('that nobody wrote leads to the first screen', () => {
    for (const fragment of ['', '#', '#/', '#/nothing', '#proof=x', '#/__proto__']) {
      expect(routeFromFragment(fragment)).toEqual({ screen: SCREENS[0], id: null, query: {} });
    }
    expect(routeFromFragment('#/events/%zz').id).toBe('%zz');
  });

  it('leaves out what is not filtered by', () => {
    expect(fragmentFromRoute('events', null, { status: '', since: null })).toBe('#/events');
  });
});
