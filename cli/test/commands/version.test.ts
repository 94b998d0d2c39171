/** `version` names program, runtime and formats, and needs nothing else. @module */
import { expect, it } from 'vitest';
import { FORMATS_READ, PROGRAM_VERSION } from '../../src/about.ts';
import { runInside } from '../support/fake-host.ts';

it('names program, runtime and every format that is read', async () => {
  const run = await runInside(['version']);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout.split('\n')).toEqual([
    `kapsel-verify ${PROGRAM_VERSION}`,
    'commit   built from a working copy',
    'runtime  node 20.0.0 (test)',
    `reads    ${FORMATS_READ.join(', ')}`,
    'page     built without one',
    '',
  ]);
});
