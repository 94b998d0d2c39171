/** Every state of the page that has words of its own, and how a person gets there. @module */
import type { Page } from 'playwright-core';
import { readFixtureArchive } from '../../../test/support/fixture-archives.ts';
import { LIMITS_WITHOUT_WORKER } from '../../src/checker.ts';
import { withAnchor } from './craft-anchor.ts';
import { alter, craftHeads, craftPackage } from './craft-package.ts';
import {
  chooseFile,
  chooseFiles,
  chooseLines,
  type OpenOptions,
  pinKey,
  verdictBand,
} from './open-page.ts';

const good = craftPackage({ treeSize: 5_000, leafIndex: 1_234 });
const otherKey = craftPackage({ seed: 9 }).publicKeyHex;
const broken = alter(good.text, /"proof_hashes": \[\s*"../, '"proof_hashes": ["ff');
const longUrl = craftPackage({
  leaf: { endpoint_url: `https://example.com/${'a'.repeat(3_000)}` },
});
const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\n';
const heads = craftHeads(7, 19);
const otherHistory = craftHeads(7, 19, 'another');
const { signed_tree_head: HEAD } = JSON.parse(good.text);
const inBlock = withAnchor(good.text, 'block');

export interface PageState {
  readonly reach: (page: Page) => Promise<void>;
  readonly options?: OpenOptions;
}

export const PAGE_STATES: Readonly<Record<string, PageState>> = {
  empty: { reach: async () => {} },
  'key refused': { reach: (page) => keyField(page, 'not a key') },
  'key recognised': { reach: (page) => keyField(page, good.publicKeyHex) },
  'private key pasted': {
    reach: async (page) => {
      await keyField(page, PRIVATE_KEY);
      await page.locator('.key-form .fault').waitFor();
    },
  },
  'key from the link': {
    reach: async (page) => {
      await page.evaluate(`location.hash = 'key=${good.publicKeyHex}'`);
      await page.locator('.from-link').waitFor();
    },
  },
  'keys pinned': {
    reach: async (page) => {
      await pinKey(page, good.publicKeyHex);
      await page.getByText('Add another key').click();
      await pinKey(page, otherKey);
      await page.locator('.pinned').nth(1).waitFor();
    },
  },
  'fingerprint to scan': {
    reach: async (page) => {
      await pinKey(page, good.publicKeyHex);
      await page.getByText('Fingerprint as a QR code').click();
      await page.getByRole('img', { name: 'QR code of the fingerprint' }).waitFor();
    },
  },
  dragging: {
    reach: async (page) => {
      await page.evaluate(() =>
        document.body.dispatchEvent(new DragEvent('dragenter', { bubbles: true })),
      );
      await page.locator('.drop-veil').waitFor();
    },
  },
  checking: {
    reach: async (page) => {
      await chooseFiles(page, [{ name: 'many.ndjson', text: good.text }]);
      await page.getByText('Checking 3 of 9').waitFor();
    },
    options: { worker: 'stopped' },
  },
  verified: pinnedAnd(good.text),
  'verified, long address': {
    reach: (page) => pinAndChoose(page, longUrl.text, longUrl.publicKeyHex),
  },
  untrusted: { reach: (page) => chooseFile(page, good.text) },
  'untrusted, another key': { reach: (page) => pinAndChoose(page, good.text, otherKey) },
  invalid: pinnedAnd(broken),
  malformed: pinnedAnd(good.text.slice(0, -3)),
  'unsupported version': pinnedAnd(alter(good.text, 'kapsel.proof/v1', 'kapsel.proof/v3')),
  'too large': pinnedAnd(' '.repeat(1_048_577)),
  // The first bytes of a gzip file, and nothing that could be unfolded.
  unreadable: pinnedAnd('\u001f\u008b\u0008', 'proofs.ndjson.gz'),
  'a private key': { reach: (page) => chooseFile(page, PRIVATE_KEY, 'log.pem') },
  'a public key': { reach: (page) => chooseFile(page, good.publicKeyHex, 'log.pub') },
  'a timestamp': { reach: (page) => chooseFile(page, '\0OpenTimestamps\0', 'checkpoint.ots') },
  'a tree head': { reach: (page) => chooseFile(page, JSON.stringify(HEAD), 'head.json') },
  'a checkpoint': { reach: (page) => chooseFile(page, HEAD.checkpoint, 'checkpoint') },
  'heads agree': { reach: (page) => compareHeads(page, heads.newHead, heads.proof) },
  'heads contradict': { reach: (page) => compareHeads(page, otherHistory.oldHead) },
  'heads without a proof': { reach: (page) => compareHeads(page, heads.newHead) },
  'an archive that is refused': {
    reach: (page) => chooseFile(page, readFixtureArchive('bad-name-climbs.zip').bytes, 'a.zip'),
  },
  'anchor pending': pinnedAnd(withAnchor(good.text, 'promise').text),
  'anchor, header not given': pinnedAnd(inBlock.text),
  'anchor confirmed': { reach: (page) => giveRoot(page, inBlock.merkleRoot, 'confirmed') },
  'anchor contradicts': { reach: (page) => giveRoot(page, 'ab'.repeat(32), 'mismatch') },
  list: { reach: chooseSeveral },
  'list, filtered': {
    reach: async (page) => {
      await chooseSeveral(page);
      await page.getByRole('button', { name: 'Verified 2' }).click();
      await page.locator('.result').first().click();
    },
  },
  sample: { reach: trySample },
  'sample, broken': {
    reach: async (page) => {
      await trySample(page);
      await page.getByRole('button', { name: 'One sibling' }).click();
      await page.locator('[data-verdict="invalid"]').waitFor();
    },
  },
  'nothing to check': {
    reach: async (page) => {
      await chooseFolder(page, ['notes.txt', 'picture.png']);
      await page.getByText('Nothing here to check').waitFor();
    },
  },
  'some skipped': {
    reach: async (page) => {
      await chooseFolder(page, ['a.kapsel.json', 'notes.txt']);
      await page.getByText('1 other file was skipped').waitFor();
    },
  },
  'no proof in it': { reach: (page) => chooseFile(page, '\n', 'empty.ndjson') },
  cancelled: {
    reach: async (page) => {
      await chooseFiles(page, [{ name: 'many.ndjson', text: good.text }]);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('Cancelled before').waitFor();
    },
    options: { worker: 'stopped' },
  },
  'worker died': {
    reach: async (page) => {
      await chooseFile(page, good.text);
      await page.getByText('could not run in this browser').waitFor();
    },
    options: { worker: 'dying' },
  },
  'report written': {
    reach: async (page) => {
      await pinAndChoose(page, good.text, good.publicKeyHex);
      await page.getByRole('button', { name: 'Download report' }).click();
      await page.getByText('is the same JSON').waitFor();
    },
  },
  'no scripts': {
    reach: (page) => page.locator('.notice').waitFor(),
    options: { stage: 'no scripts' },
  },
  'old browser': {
    reach: (page) => page.locator('.fallback').waitFor(),
    options: { stage: 'old browser' },
  },
  'no worker, and too much for a page without one': {
    reach: async (page) => {
      await chooseLines(page, good.text, LIMITS_WITHOUT_WORKER.items + 3);
      await page.getByText('There was more').waitFor();
      await verdictBand(page).waitFor();
    },
    options: { worker: 'none' },
  },
};

async function compareHeads(page: Page, head: string, proof?: string): Promise<void> {
  await pinKey(page, heads.publicKeyHex);
  await chooseFiles(page, [
    { name: 'head-old.json', text: heads.oldHead },
    { name: 'head-new.json', text: head },
    ...(proof === undefined ? [] : [{ name: 'proof.json', text: proof }]),
  ]);
  await verdictBand(page).waitFor();
}

/** A folder of files, as its chooser gives them. */
async function chooseFolder(page: Page, names: readonly string[]): Promise<void> {
  await page.evaluate(
    ({ files, text }) => {
      const transfer = new DataTransfer();
      for (const name of files) {
        const file = new File([text], name);
        Object.defineProperty(file, 'webkitRelativePath', { value: `proofs/${name}` });
        transfer.items.add(file);
      }
      const input = document.querySelector<HTMLInputElement>('#folder');
      if (input === null) throw new Error('no input');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    },
    { files: names, text: good.text },
  );
}

async function giveRoot(page: Page, root: string, state: string): Promise<void> {
  await pinAndChoose(page, inBlock.text, good.publicKeyHex);
  await page.getByLabel(/^Header or Merkle root/).fill(root);
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.locator(`[data-anchor="${state}"]`).waitFor();
}

function keyField(page: Page, text: string): Promise<void> {
  return page.getByLabel('Public key of the log').fill(text);
}

function pinnedAnd(text: string, name?: string): PageState {
  return { reach: (page) => pinAndChoose(page, text, good.publicKeyHex, name) };
}

async function pinAndChoose(page: Page, text: string, key: string, name?: string): Promise<void> {
  await pinKey(page, key);
  await chooseFile(page, text, name);
}

async function chooseSeveral(page: Page): Promise<void> {
  await pinKey(page, good.publicKeyHex);
  await chooseFiles(page, [
    { name: 'january/0001.kapsel.json', text: good.text },
    { name: 'january/0002.kapsel.json', text: broken },
    { name: 'january/0003.kapsel.json', text: 'no proof' },
    { name: `january/${'a'.repeat(200)}.kapsel.json`, text: good.text },
  ]);
  await verdictBand(page).waitFor();
}

async function trySample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try a sample' }).click();
  await page.locator('[data-verdict="verified"]').waitFor();
}
