/** Bundles: packed, listed and split, with names that stay in their folder. @module */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOfBytes, readZipDirectory } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { faultOfFileName } from '../../src/commands/bundle.ts';
import { zipOfFiles } from '../../src/zip-writer.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog } from '../support/make-proof.ts';
import { makeFolder, runProcess } from '../support/run-cli.ts';

const LOG = makeLog(1, [{}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];
const PROOF = Buffer.from(JSON.stringify(LOG.proof(0)));

describe('bundle', () => {
  it('packs and splits without a change to any byte', async () => {
    const folder = makeFolder({ 'a.json': LOG.proof(0), 'b.json': LOG.proof(1) });
    const zip = join(folder, 'out.zip');
    expect((await runInside(['bundle', 'pack', zip, `${folder}/?.json`])).code).toBe(0);
    const first = readFileSync(zip);
    expect((await runInside(['bundle', 'pack', zip, `${folder}/?.json`])).code).toBe(0);
    expect(readFileSync(zip).equals(first)).toBe(true);
    expect((await runInside([zip, ...KEY])).code).toBe(0);
    expect((await runInside(['bundle', 'list', zip])).stdout.split('\n')).toHaveLength(3);
    const out = join(folder, 'out');
    expect((await runInside(['bundle', 'split', out, zip])).code).toBe(0);
    expect(readdirSync(out)).toEqual(['a.json', 'b.json']);
    expect(readFileSync(join(out, 'a.json')).equals(readFileSync(join(folder, 'a.json')))).toBe(
      true,
    );
    // A second time would overwrite.
    expect((await runInside(['bundle', 'split', out, zip])).code).toBe(6);
  });

  it('packs lines, and splits them by attempt', async () => {
    const folder = makeFolder({ 'a.json': LOG.proof(0), 'b.json': LOG.proof(1) });
    const lines = join(folder, 'out.ndjson');
    expect((await runInside(['bundle', 'pack', lines, `${folder}/?.json`])).code).toBe(0);
    expect((await runInside([lines, ...KEY])).stdout).toContain('2 verified');
    const out = join(folder, 'out');
    await runInside(['bundle', 'split', out, lines]);
    expect(readdirSync(out)).toEqual(
      [0, 1].map((index) => `${LOG.proof(index).delivery_attempt_id}.kapsel.json`),
    );
  });

  it.each(['../x.json', 'con.json', 'a/NUL.json', 'a./x.json', 'a:b.json'])(
    'writes nothing when one entry is called %s',
    async (name) => {
      const zip = zipOfFiles([
        { name: 'good.json', bytes: PROOF },
        { name, bytes: PROOF },
      ]);
      const folder = makeFolder({ 'p.zip': zip });
      const run = await runInside(['bundle', 'split', join(folder, 'out'), join(folder, 'p.zip')]);
      expect(run.code).toBe(3);
      expect(existsSync(join(folder, 'out'))).toBe(false);
    },
  );

  it('refuses two names that are one on some systems, what is no package, and bad words', async () => {
    const zip = zipOfFiles(['A.json', 'a.json'].map((name) => ({ name, bytes: PROOF })));
    const folder = makeFolder({ 'p.zip': zip, 'x.json': '{}' });
    const out = join(folder, 'out');
    expect((await runInside(['bundle', 'split', out, join(folder, 'p.zip')])).code).toBe(3);
    expect((await runInside(['bundle', 'list', join(folder, 'x.json')])).code).toBe(3);
    for (const words of [
      ['turn', 'x', 'y'],
      ['pack', 'x.zip'],
      ['pack', 'x.tar', 'y'],
      ['split'],
    ]) {
      expect((await runInside(['bundle', ...words])).code).toBe(2);
    }
    expect(faultOfFileName('a/b.json')).toBeNull();
  });

  it('makes archives of more than 65,535 entries, which are read again', async () => {
    const bytes = new Uint8Array();
    const zip = zipOfFiles(Array.from({ length: 65_600 }, (_, i) => ({ name: `${i}`, bytes })));
    expect(await readZipDirectory(archiveOfBytes(zip), 100_000)).toHaveLength(65_600);
    await expect(readZipDirectory(archiveOfBytes(zip), 65_599)).rejects.toMatchObject({
      refusal: { code: 'E_TOO_LARGE' },
    });
  });

  it('makes archives that other programs read', async () => {
    const folder = makeFolder({ 'p.zip': zipOfFiles([{ name: 'ü.json', bytes: PROOF }]) });
    const script = 'import zipfile; z = zipfile.ZipFile("p.zip"); print(z.testzip(), z.namelist())';
    const run = await runProcess('python3', ['-c', script], { cwd: folder }).catch(() => null);
    // Where there is no Python, the reader of this program is the only witness.
    if (run !== null) expect(run.stdout).toBe("None ['ü.json']\n");
    expect((await runInside([join(folder, 'p.zip'), ...KEY])).code).toBe(0);
  });
});
