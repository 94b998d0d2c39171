/** Finds a Firefox for the tests and starts it, spoken to over WebDriver BiDi. @module */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';

const COMMANDS = ['firefox-esr', 'firefox'];
const MAC_PATHS = ['/Applications/Firefox.app/Contents/MacOS/firefox'];
const WINDOWS_PATH = 'Mozilla Firefox\\firefox.exe';

/**
 * The path of a Firefox: `KAPSEL_FIREFOX`, else the system's, else null.
 * A `KAPSEL_FIREFOX` that cannot be executed is an error and never falls through.
 */
export function findFirefox(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string | null {
  const named = env.KAPSEL_FIREFOX;
  if (named) {
    if (!isExecutable(named)) throw new Error(`KAPSEL_FIREFOX is not executable: ${named}`);
    return named;
  }
  return systemPaths(env, platform).find(isExecutable) ?? null;
}

/** Starts the Firefox that `findFirefox` names, with a profile of its own. The caller closes it. */
export async function launchFirefox(): Promise<Browser> {
  const executablePath = findFirefox();
  if (executablePath === null)
    throw new Error('no Firefox: ask part("firefox") before launching one');
  return launch({ browser: 'firefox', executablePath, headless: true });
}

function systemPaths(env: NodeJS.ProcessEnv, platform: string): string[] {
  if (platform === 'win32') {
    const roots = [env.ProgramFiles, env['ProgramFiles(x86)']];
    return roots.flatMap((root) => (root ? [join(root, WINDOWS_PATH)] : []));
  }
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/bin'].filter(
    (folder) => folder !== '',
  );
  const onPath = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
  return platform === 'darwin' ? [...onPath, ...MAC_PATHS] : onPath;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // absent or not permitted: both mean "not this one"
  }
}
