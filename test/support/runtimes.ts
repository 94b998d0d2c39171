/** Finds other Node releases, in which the tests replay what the core answers. @module */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Node that can be started, by its major release. */
export interface NodeRuntime {
  readonly major: number;
  readonly executable: string;
}

/** The releases beside the oldest supported one. */
export const MAJORS: readonly number[] = [22, 24];

const INSTALLED = fileURLToPath(new URL('../../.ci/runtimes/node_modules/', import.meta.url));

/**
 * The releases of `MAJORS`, or null if they are not there: from the folders that `KAPSEL_NODES` names in that order
 * (each holds `bin/node` or `node`), else from `.ci/runtimes`. A folder that is named and holds none is an error.
 */
export function findRuntimes(
  env: NodeJS.ProcessEnv = process.env,
  installed: string = INSTALLED,
): readonly NodeRuntime[] | null {
  const named = env.KAPSEL_NODES;
  if (named) {
    const folders = named.split(delimiter);
    if (folders.length !== MAJORS.length) {
      throw new Error(
        `KAPSEL_NODES names ${folders.length} folders, want Node ${MAJORS.join(', ')}`,
      );
    }
    return MAJORS.map((major, i) => ({ major, executable: executableIn(folders[i] ?? '') }));
  }
  const runtimes = MAJORS.map((major) => {
    return { major, executable: join(installed, `node-${major}`, 'bin', 'node') };
  });
  return runtimes.every(({ executable }) => existsSync(executable)) ? runtimes : null;
}

function executableIn(folder: string): string {
  const paths = ['bin/node', 'node', 'node.exe'].map((name) => join(folder, name));
  const found = paths.find(existsSync);
  if (found === undefined) throw new Error(`KAPSEL_NODES: no Node in ${folder}`);
  accessSync(found, constants.X_OK);
  return found;
}
