/** Unpacks the npm browser once per test run, before parallel test files could race for it. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHOICE_VARIABLE, findBrowser } from './browser.ts';
import { unpackBrowser } from './browser-unpack.ts';

/** Leaves the choice in the environment, which the test processes inherit; removes the files at the end. */
export default async function setup(): Promise<() => Promise<void>> {
  const found = findBrowser();
  if (found?.source !== 'npm-packed') return async () => {};
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-chromium-')); // mode 0700
  try {
    process.env[CHOICE_VARIABLE] = JSON.stringify(await unpackBrowser(found, folder));
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
  return async () => {
    delete process.env[CHOICE_VARIABLE];
    await rm(folder, { recursive: true, force: true });
  };
}
