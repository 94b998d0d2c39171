/** Finds a Chromium for the tests and starts it: one ladder, first hit wins. @module */
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** A browser that can be started, and which rung of the ladder it came from. */
export interface BrowserChoice {
  readonly source: 'KAPSEL_CHROME' | 'system' | 'npm';
  readonly executablePath: string;
  /** Added to the environment of the browser process. */
  readonly env: Readonly<Record<string, string>>;
}

/** The npm rung before it is unpacked: the folder that holds the compressed files. */
export interface PackedBrowser {
  readonly source: 'npm-packed';
  readonly archives: string;
}

/** Where the global setup leaves the unpacked browser for the test processes. */
export const CHOICE_VARIABLE = 'TEST_BROWSER_CHOICE';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_PATHS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const WINDOWS_PATHS = [
  'Chromium\\Application\\chrome.exe',
  'Google\\Chrome\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
];

// The first is needed as root. The package's own list is not used: it holds --single-process.
const ARGUMENTS = ['--no-sandbox', '--disable-quic', '--disable-background-networking'];

/**
 * Walks the ladder: `KAPSEL_CHROME`, the system's browser, the npm package, none.
 * A `KAPSEL_CHROME` that cannot be executed is an error and never falls through.
 */
export function findBrowser(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): BrowserChoice | PackedBrowser | null {
  const named = env.KAPSEL_CHROME;
  if (named) {
    if (!isExecutable(named)) throw new Error(`KAPSEL_CHROME is not executable: ${named}`);
    return { source: 'KAPSEL_CHROME', executablePath: named, env: {} };
  }
  const installed = systemPaths(env, platform).find(isExecutable);
  if (installed) return { source: 'system', executablePath: installed, env: {} };
  const unpacked = env[CHOICE_VARIABLE];
  if (unpacked) return JSON.parse(unpacked) as BrowserChoice;
  if (platform === 'linux' && process.arch === 'x64') return findPackedBrowser();
  return null;
}

/** Starts the browser that `findBrowser` names. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const choice = findBrowser();
  if (choice === null) throw new Error('no browser: ask part("browser") before launching one');
  if (choice.source === 'npm-packed') {
    throw new Error('the npm browser is unpacked by test/support/browser-global-setup.ts');
  }
  return chromium.launch({
    executablePath: choice.executablePath,
    args: ARGUMENTS,
    env: { ...definedVariables(process.env), ...choice.env },
  });
}

function systemPaths(env: NodeJS.ProcessEnv, platform: string): string[] {
  if (platform === 'win32') {
    const roots = [env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA];
    return WINDOWS_PATHS.flatMap((path) =>
      roots.flatMap((root) => (root ? [join(root, path)] : [])),
    );
  }
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/bin'].filter(
    (folder) => folder !== '',
  );
  const onPath = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
  return platform === 'darwin' ? [...onPath, ...MAC_PATHS] : onPath;
}

function findPackedBrowser(): PackedBrowser | null {
  try {
    const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
    const archives = join(dirname(entry), '..', '..', 'bin');
    accessSync(join(archives, 'chromium.br'), constants.R_OK);
    return { source: 'npm-packed', archives };
  } catch {
    return null; // not installed: this rung does not exist
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // absent or not permitted: both mean "not this one"
  }
}

function definedVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
