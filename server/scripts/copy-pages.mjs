// @ts-check
/** Puts the built pages into the server's dist folder, from where `/verify` and `/console` serve them. @module */
import { copyFile } from 'node:fs/promises';

const PAGES = {
  'kapsel-verify.html': '../../web-verifier/dist/',
  'kapsel-console.html': '../console/dist/',
};
for (const [name, folder] of Object.entries(PAGES)) {
  await copyFile(
    new URL(folder + name, import.meta.url),
    new URL(`../dist/${name}`, import.meta.url),
  );
}
