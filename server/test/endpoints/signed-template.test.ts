import { describe, expect, it } from 'vitest';
import { parseSignedTemplate } from '../../src/endpoints/signed-template.ts';

const literal = (text: string) => ({ kind: 'literal', text });

describe('a template', () => {
  it('is taken apart around the body', () => {
    expect(parseSignedTemplate('{body}')).toEqual({
      hasId: false,
      hasTimestamp: false,
      before: [],
      after: [],
      notInId: null,
    });
    expect(parseSignedTemplate('v0:{timestamp}:{body}\n{id}')).toEqual({
      hasId: true,
      hasTimestamp: true,
      before: [literal('v0:'), { kind: 'timestamp' }, literal(':')],
      after: [literal('\n'), { kind: 'id' }],
      notInId: '\n',
    });
  });

  it('names the character that must not stand in the id', () => {
    expect(parseSignedTemplate('{id}.{timestamp}.{body}')).toMatchObject({ notInId: '.' });
    expect(parseSignedTemplate('{body}&id={id}')).toMatchObject({ notInId: '=' });
    expect(parseSignedTemplate('{timestamp}|{id}::{body}')).toMatchObject({ notInId: ':' });
  });

  it.each([
    ['', /characters/],
    ['{id}', /\{body\} once/],
    ['{body}{body}', /\{body\} once/],
    ['{id}.{id}.{body}', /repeat/],
    ['{url}{body}', /braces/],
    ['{body}}', /braces/],
    ['{ID}.{body}', /braces/],
    ['{id}{body}', /separator/],
    ['{id}{timestamp}.{body}', /separator/],
    ['{body}{id}', /separator/],
    ['é{body}', /characters/],
    ['\u0000{body}', /characters/],
    [`${'x'.repeat(200)}{body}`, /characters/],
  ])('%j is refused', (text, expected) => {
    expect(parseSignedTemplate(text)).toMatch(expected);
  });
});
