/** Which calendars the settings may name, and which addresses their proofs may. */
import { describe, expect, it } from 'vitest';
import {
  askableOrigin,
  isLoopbackCalendar,
  isPublicCalendar,
  originOf,
  parseCalendars,
} from '../../src/anchors/calendar.ts';

const HTTPS_ONLY = { allowHttp: false };
const B = 'https://b.example';

describe('the settings', () => {
  it('name an origin, and further ones that its answers may name', () => {
    expect(parseCalendars([`https://A.example:8443/  https://c.example`, B], HTTPS_ONLY)).toEqual([
      {
        url: 'https://a.example:8443',
        uris: ['https://a.example:8443', 'https://c.example'],
      },
      { url: B, uris: [B] },
    ]);
    expect(parseCalendars([], HTTPS_ONLY)).toEqual([]);
  });

  it('need not name the calendars behind public pools', () => {
    const [pool] = parseCalendars(['https://a.pool.opentimestamps.org', B], HTTPS_ONLY);
    expect(pool?.uris).toContain('https://alice.btc.calendar.opentimestamps.org');
    expect(pool && isPublicCalendar(pool)).toBe(true);
    expect(isPublicCalendar({ url: B, uris: [B] })).toBe(false);
    // Not by a name that merely ends like one.
    const lookalike = 'https://notopentimestamps.org';
    expect(isPublicCalendar({ url: lookalike, uris: [lookalike] })).toBe(false);
  });

  it.each([
    'http://a.example',
    'http://127.0.0.1:80',
    'https://a.example/path',
    'https://a.example/?q',
    'https://a.example#f',
    'https://user@a.example',
    'https://user:password@a.example',
    'ftp://a.example',
    'a.example',
    'https://',
    'https://a.example\\b',
    'https://ä.example',
  ])('refuse %s', (text) => {
    expect(() => parseCalendars([text, B], HTTPS_ONLY)).toThrow(RangeError);
  });

  it('take http on loopback alone, and only where the switch of tests is on', () => {
    const local = ['http://127.0.0.1:1', 'http://[::1]:2', 'http://localhost:3'];
    const calendars = parseCalendars(local, { allowHttp: true });
    expect(calendars.map(isLoopbackCalendar)).toEqual([true, true, true]);
    expect(() => parseCalendars(['http://10.0.0.1', B], { allowHttp: true })).toThrow(RangeError);
  });

  it('refuse a single one, one twice, and too many', () => {
    expect(() => parseCalendars([B], HTTPS_ONLY)).toThrow(/two calendars/);
    expect(() => parseCalendars([B, `${B}/`], HTTPS_ONLY)).toThrow(/twice/);
    const many = Array.from({ length: 17 }, (_, i) => `https://c${i}.example`);
    expect(() => parseCalendars(many, HTTPS_ONLY)).toThrow(/at most/);
  });
});

describe('an address in a proof', () => {
  const calendar = { url: B, uris: [B, 'https://c.example:444'] };

  it.each([
    [B, B],
    [`${B}/`, B],
    ['https://B.example:443', B],
    ['https://c.example:444', 'https://c.example:444'],
  ])('%s is asked at %s', (uri, origin) => {
    expect(askableOrigin(calendar, uri)).toBe(origin);
  });

  it.each([
    'http://b.example',
    'https://b.example:8443',
    'https://b.example/path',
    'https://b.example.evil.example',
    'https://evil.example',
    'https://b.example@evil.example',
    'https://evil.example/https://b.example',
    'http://169.254.169.254',
    '',
    'b.example',
  ])('%s is never asked', (uri) => {
    expect(askableOrigin(calendar, uri)).toBeNull();
  });

  it('is an origin and nothing beside it', () => {
    expect(originOf('https://[2001:db8::1]:8080/')).toBe('https://[2001:db8::1]:8080');
    expect(originOf('https://b.example//')).toBeNull();
  });
});
