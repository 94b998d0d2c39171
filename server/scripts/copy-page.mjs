// @ts-check
/** Puts the built verifier page into the server's dist folder, from where `/verify` serves it. @module */
import { copyFile } from 'node:fs/promises';

await copyFile(
  new URL('../../web-verifier/dist/kapsel-verify.html', import.meta.url),
  new URL('../dist/kapsel-verify.html', import.meta.url),
);
