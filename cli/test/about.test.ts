/** The version told is the version published. @module */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROGRAM_NAME, PROGRAM_VERSION } from '../src/about.ts';

it('has the name and version of package.json', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ name: PROGRAM_NAME, version: PROGRAM_VERSION });
});
