// @ts-check
/** What a run writes down as it goes: one JSON line a step, so that a run which hangs can be taken up again. @module */
import { existsSync, readFileSync } from 'node:fs';

/**
 * @typedef {{ started?: number, id?: number, killed?: boolean, done?: string }} Entry
 */

/** @param {string} path @returns {Entry[]} */
export function entriesOf(path) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line)); // the last one may be half written
}

/** @param {string} path @returns {Set<number>} */
export function killedIn(path) {
  return new Set(
    entriesOf(path).flatMap(({ id, killed }) => (id !== undefined && killed === true ? [id] : [])),
  );
}
