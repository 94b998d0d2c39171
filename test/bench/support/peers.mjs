// @ts-check
/** The packages we compare with: a folder with its own lock, installed on demand and never by the repository's `npm ci`. @module */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../peers', import.meta.url));
const requireOfPeers = createRequire(new URL('../peers/package.json', import.meta.url));

/** Installs them unless they are there, in the versions that are wanted. @param {(line: string) => void} say */
export function installPeers(say) {
  const { dependencies } = JSON.parse(readFileSync(`${FOLDER}/package.json`, 'utf8'));
  if (Object.entries(dependencies).every(([name, version]) => isThere(name, version))) return;
  say('installing the packages to compare with: npm ci --ignore-scripts --prefix test/bench/peers');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--prefix', FOLDER], {
    shell: process.platform === 'win32', // npm is a .cmd there
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`npm ci of the packages to compare with ended with ${status}`);
}

/** @param {string} name @param {unknown} version */
function isThere(name, version) {
  try {
    return versionOfPeer(name) === version;
  } catch {
    return false; // not installed, or by an older lock
  }
}

/** @param {string} name @returns {any} The package's exports: it brings its own types, or none. */
export function loadPeer(name) {
  return requireOfPeers(name);
}

/** @param {string} name @returns {string} */
export function versionOfPeer(name) {
  return requireOfPeers(`./node_modules/${name}/package.json`).version;
}
