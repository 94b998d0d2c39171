// @ts-check
/** `npm run clean`: removes what builds leave, since the compiler keeps the output of sources that are gone. @module */
import { rm } from 'node:fs/promises';

const ROOT = new URL('../../', import.meta.url);
for (const workspace of [
  'packages/verification',
  'packages/tree',
  'packages/client',
  'cli',
  'web-verifier',
  'server',
  'server/console',
]) {
  await rm(new URL(`${workspace}/dist`, ROOT), { recursive: true, force: true });
}
