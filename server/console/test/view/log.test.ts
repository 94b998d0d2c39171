import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFile, pendingAttestation, sha256 } from '../../../../test/support/ots-writer.ts';
import { part } from '../../../../test/support/parts.ts';
import { type Desk, makeEvent, openDesk } from '../support/open-console.ts';

describe.skipIf(!part('browser'))('the log', () => {
  let desk: Desk;
  let sizes: number[];
  beforeAll(async () => {
    desk = await openDesk();
    const sizeNow = async (): Promise<number> =>
      JSON.parse(await desk.api.text('GET', '/attestation/sth')).tree_size;
    await makeEvent(desk, 200);
    const first = await sizeNow();
    await makeEvent(desk, 404);
    sizes = [first, await sizeNow()];
  });
  afterAll(() => desk?.close());

  async function compare(page: Page): Promise<string> {
    await page.getByLabel('Leaves of one head').fill(String(sizes[0]));
    await page.getByLabel('Leaves of the other').fill(String(sizes[1]));
    await page.getByRole('button', { name: 'Compare' }).click();
    const said = page.locator('[data-verdict]');
    await said.waitFor();
    return (await said.getAttribute('data-verdict')) ?? '';
  }

  /** On the verifier page, and back. */
  async function pin(page: Page): Promise<void> {
    await page.goto(`${desk.server.url}/verify`);
    await page.getByLabel('Public key of the log').fill(desk.server.publicKey);
    await page.getByRole('button', { name: 'Trust this key' }).click();
    await page.getByLabel('Remember on this device').check();
    await page.goto(`${desk.server.url}/console#/log`);
  }

  it('shows its newest head, to be kept, and its keys', async () => {
    const { page } = await desk.enter('#/log');
    await page.getByText(desk.server.publicKey).first().waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download this head' }).click();
    const head = JSON.parse(await readFile(await (await downloading).path(), 'utf8'));
    expect(head).toMatchObject({ tree_size: sizes[1], public_key: desk.server.publicKey });
  });

  it('shows how its heads stand in the Bitcoin chain, and hands out the two files of one', async () => {
    const { page } = await desk.enter('#/log');
    await page.getByRole('heading', { name: 'No anchors yet' }).waitFor();
    const pool = new pg.Pool({ connectionString: desk.databaseUrl, max: 1 });
    const nonce = Buffer.alloc(16, 7);
    const { rows } = await pool.query<{ id: string; checkpoint: string }>(
      'SELECT id, checkpoint FROM signed_tree_heads WHERE tree_size = $1 LIMIT 1',
      [sizes[0]],
    );
    const { id = '', checkpoint = '' } = rows[0] ?? {};
    const note = Buffer.from(checkpoint);
    const end = { attestations: [pendingAttestation('https://calendar.example')] };
    const ots = encodeFile(sha256(note), {
      ways: [{ steps: [['append', nonce], ['sha256']], end }],
    });
    await pool.query(
      `INSERT INTO anchors (log_id, tree_size, sth_id, note, nonce, ots, status, created_at)
       SELECT log_id, tree_size, id, $2, $3, $4, 'pending', now() FROM signed_tree_heads WHERE id = $1`,
      [id, note, nonce, ots],
    );
    await pool.end();
    await page.reload();
    await page.getByText('waits for a block').waitFor();
    const names: string[] = [];
    page.on('download', (file) => names.push(file.suggestedFilename()));
    const second = page.waitForEvent('download', (file) =>
      file.suggestedFilename().endsWith('.ots'),
    );
    await page.getByRole('button', { name: /^Download the files of / }).click();
    const file = await readFile(await (await second).path());
    expect(file.subarray(1, 15).toString('latin1')).toBe('OpenTimestamps');
    expect(names).toEqual(['checkpoint', 'checkpoint.ots']);
  });

  it('compares two heads here, and trusts no key that the person has not pinned', async () => {
    const { page } = await desk.enter('#/log');
    expect(await compare(page)).toBe('untrusted');
    await pin(page);
    expect(await compare(page)).toBe('verified');
  });

  it('does not believe a server that shows another history', async () => {
    const { page } = await desk.enter('#/log');
    await pin(page);
    await page.route('**/attestation/consistency-proof**', async (route) => {
      const response = await route.fetch();
      const proof = await response.json();
      const [first = ''] = proof.proof_hashes;
      const hashes = [first.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0'))];
      await route.fulfill({
        response,
        json: { ...proof, proof_hashes: [...hashes, ...proof.proof_hashes.slice(1)] },
      });
    });
    expect(await compare(page)).toBe('invalid');
  });

  it('says that there is no head of a size that was never signed', async () => {
    const { page } = await desk.enter('#/log');
    await page.route('**/attestation/sth?tree_size=*', (route) =>
      route.fulfill({
        status: 404,
        json: { error: { code: 'no_tree_head', message: 'x' } },
      }),
    );
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('No head was signed over a tree of this size.').waitFor();
  });
});
