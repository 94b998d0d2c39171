/** The built file: one file, small, self-contained, the same at every build. @module */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { inlineTexts } from '../scripts/csp.mjs';
import { PAGE_FILE } from './support/open-page.ts';

const WORKSPACE = fileURLToPath(new URL('..', import.meta.url));
const MAX_PAGE_BYTES = 300_000;
const MAX_GZIP_BYTES = 90_000;

const html = readFileSync(PAGE_FILE, 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'kapsel-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the built page', () => {
  it('is one file, the same from every build, and the build says its size and hash', () => {
    const said = build(folder);
    const hash = createHash('sha256').update(html).digest('hex');
    expect(readdirSync(folder)).toEqual(['kapsel-verify.html']);
    expect(readFileSync(join(folder, 'kapsel-verify.html'), 'utf8') === html).toBe(true);
    expect(said).toBe(`kapsel-verify.html  ${Buffer.byteLength(html)} bytes  sha256 ${hash}\n`);
  });

  it('stays small', () => {
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(MAX_PAGE_BYTES);
    expect(gzipSync(html, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });

  it('refers to nothing outside itself', () => {
    const markup = html.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '');
    const targets = [...markup.matchAll(/\s(?:src|href|action|srcset)="([^"]*)"/g)].map(
      ([, target]) => target,
    );
    expect(targets.map((target) => target?.slice(0, 5))).toEqual(['data:']);
    const [style = ''] = inlineTexts(html, 'style');
    expect(style).not.toMatch(/url\(|@import/);
  });

  it('holds one script, whose hash stands in the policy', () => {
    const scripts = inlineTexts(html, 'script');
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    expect(html).toContain(`script-src 'sha256-${hash}';`);
    expect(html).not.toContain('\r');
  });

  it('names no path of the machine that built it', () => {
    expect(html).not.toContain(WORKSPACE.slice(0, -1));
    expect(html).not.toContain('node_modules');
  });
});

function build(outDir: string): string {
  const require = createRequire(import.meta.url);
  const vite = join(dirname(require.resolve('vite/package.json')), 'bin', 'vite.js');
  const argv = [vite, 'build', '--logLevel', 'error', '--outDir', outDir];
  // Another mode and another time zone must not show in the file.
  const env = { ...process.env, NODE_ENV: 'development', TZ: 'Pacific/Apia' };
  return execFileSync(process.execPath, argv, { cwd: WORKSPACE, env, encoding: 'utf8' });
}
