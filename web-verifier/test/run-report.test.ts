/** The report that the page hands out is that of the command line: the same bytes, but for the program and how long it took. @module */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { encodeVkey } from '@kapsel/verification';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { readFixtureArchive } from '../../test/support/fixture-archives.ts';
import { part } from '../../test/support/parts.ts';
import { HEIGHT, withAnchor } from './support/craft-anchor.ts';
import { alter, craftHeads, craftPackage } from './support/craft-package.ts';
import {
  chooseFile,
  chooseFiles,
  NOW,
  openPage,
  pinKey,
  verdictBand,
} from './support/open-page.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/kapsel-verify.cjs', import.meta.url));
const SCHEMA = new URL('../../cli/schemas/verify-report-v1.schema.json', import.meta.url);
const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')),
);
const good = craftPackage({ treeSize: 300, leafIndex: 17 });
const VKEY = encodeVkey('log.kapsel.example/t1', Buffer.from(good.publicKeyHex, 'hex'));
const line = JSON.stringify(JSON.parse(good.text));
const broken = alter(good.text, /"proof_hashes": \[\s*"../, '"proof_hashes": ["ff');
const hostile = craftPackage({
  leaf: { endpoint_url: 'https://example.com/<b>\u202e"\\\u2028' },
  seed: 9,
});

const ANCHORED = withAnchor(good.text, 'block');

/** Of each kind one: what verifies, what does not, and what is no package at all. */
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'a.kapsel.json': good.text,
  'anchored.json': ANCHORED.text,
  'promised.json': withAnchor(good.text, 'promise').text,
  'b.kapsel.json': broken,
  'hostile.json': hostile.text,
  'head.json': craftHeads(7, 19).oldHead,
  'many.ndjson': `${line}\n\n{"x"\n${line}`,
  'packed.ndjson.gz': gzipSync(`${line}\n${line}\n`),
  'version.json': alter(good.text, 'kapsel.proof/v1', 'kapsel.proof/v3'),
  'empty.ndjson': '\n',
  'cut.json.gz': gzipSync(good.text).subarray(0, -9),
  'large.json': ' '.repeat(1_048_577),
  'text without an ending': `${line}\n${line}\n`,
  'sound.zip': readFixtureArchive('sound-folders-and-others.zip').bytes,
  'bad.zip': readFixtureArchive('bad-checksum.zip').bytes,
  'none.zip': readFixtureArchive('bad-no-proofs.zip').bytes,
  'climbs.zip': readFixtureArchive('bad-name-climbs.zip').bytes,
};
const NAMES = Object.keys(FILES);

const folder = mkdtempSync(join(tmpdir(), 'kapsel-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!part('browser'))('the report of the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  });
  afterAll(() => browser?.close());

  it.each([
    ['of one proof', ['a.kapsel.json']],
    ['of many files, whatever is in them', NAMES],
    ['of none but what holds no proof', ['empty.ndjson']],
  ])('is that of the command line: %s', async (_, names) => {
    const { page, faults } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFiles(
      page,
      names.map((name) => ({ name, text: FILES[name] ?? '' })),
    );
    expect(await downloaded(page)).toBe(await written(names));
    expect(faults).toEqual([]);
  });

  it('is that of the command line for a folder, also when it was pinned by a verifier key', async () => {
    for (const name of ['b.json', 'a/z.json', 'a.json', 'a/notes.txt', 'c.ndjson']) {
      mkdirSync(dirname(join(folder, 'proofs', name)), { recursive: true });
      writeFileSync(join(folder, 'proofs', name), name.endsWith('.ndjson') ? line : good.text);
    }
    const { page } = await openPage(browser);
    await pinKey(page, VKEY);
    await page.setInputFiles('#folder', join(folder, 'proofs'));
    expect(await downloaded(page)).toBe(await written(['proofs'], VKEY));
  });

  it('is that of the command line under a block that the person gave', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, ANCHORED.text, 'anchored.json');
    await page.getByLabel(/^Header or Merkle root/).fill(ANCHORED.merkleRoot);
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.locator('[data-anchor="confirmed"]').waitFor();
    const words = ['anchored.json', '--header', `${HEIGHT}:${ANCHORED.merkleRoot}`];
    expect(await downloaded(page)).toBe(await written(words));
  });

  it('is not offered for a sample, and not for two heads', async () => {
    const { page } = await openPage(browser);
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await verdictBand(page).waitFor();
    expect(await page.getByRole('button', { name: 'Download report' }).count()).toBe(0);
    const heads = craftHeads(7, 19);
    await chooseFiles(page, [
      { name: 'old.json', text: heads.oldHead },
      { name: 'new.json', text: heads.newHead },
    ]);
    await page.getByRole('heading', { name: 'The two tree heads' }).waitFor();
    expect(await page.getByRole('button', { name: 'Download report' }).count()).toBe(0);
  });

  it('leaves out the file of a key that was pinned since', async () => {
    const { page } = await openPage(browser);
    await chooseFiles(page, [
      { name: 'log.pub', text: good.publicKeyHex },
      { name: 'a.kapsel.json', text: good.text },
    ]);
    await page.getByRole('option', { name: 'log.pub' }).click();
    await page.getByRole('button', { name: /^Trust this key \(/ }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
    const report = JSON.parse(await downloadedText(page));
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report).toMatchObject({ verdict: 'verified', summary: { proofs: 1 } });
  });

  it('names the page and the browser as its tool', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, good.text);
    const { tool } = JSON.parse(await downloadedText(page));
    const runtime = await page.evaluate(() => navigator.userAgent);
    expect(tool).toMatchObject({ name: 'kapsel-verify.html', commit: null, runtime });
  });
});

/** The page's report, without what may differ. */
async function downloaded(page: Page): Promise<string> {
  return withoutToolAndTime(await downloadedText(page));
}

async function downloadedText(page: Page): Promise<string> {
  await verdictBand(page).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download report' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('kapsel-report.json');
  await page.getByText('is the same JSON as kapsel-verify').waitFor();
  return readFileSync(await download.path(), 'utf8');
}

/** What the command line writes of the same inputs. */
async function written(options: readonly string[], key = good.publicKeyHex): Promise<string> {
  const words = [CLI, ...options, '--json', '--public-key', key, '--now', NOW.toISOString()];
  const stdout = await new Promise<string>((resolve) => {
    // The exit code is that of the verdict, so an error is no failure here.
    execFile(process.execPath, words, { cwd: folder }, (_, text) => resolve(text));
  });
  return withoutToolAndTime(stdout);
}

function withoutToolAndTime(text: string): string {
  const cut = text.replace(/"tool":\{[^}]*\}/, '"tool":{}').replace(/"duration_ms":\d+/, '');
  expect(cut.length).toBeLessThan(text.length);
  return cut;
}
