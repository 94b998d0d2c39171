/** Builds the shipped artefacts once before the projects that test them. @module */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Each project loads this file anew, so a variable of the module would not be shared.
const BUILT = Symbol.for('kapsel.test.built');
const shared = globalThis as { [BUILT]?: boolean };

/** Runs `npm run build` once per test run, however many projects ask for it. */
export default function setup(): void {
  if (shared[BUILT] === true) return;
  execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  shared[BUILT] = true;
}
