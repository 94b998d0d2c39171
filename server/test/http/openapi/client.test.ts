/**
 * The generated part of @kapsel/client is what this document gives. After a change of the API, write it again with
 * `npx vitest run --project db server/test/http/openapi/client.test.ts -u`.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientFiles } from '../../../../test/support/client-text.ts';
import { ownDocument } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';

const FOLDER = fileURLToPath(
  new URL('../../../../packages/client/src/generated/', import.meta.url),
);
const BIOME = fileURLToPath(
  new URL('../../../../node_modules/@biomejs/biome/bin/biome', import.meta.url),
);
const CONFIG = new URL('../../../../biome.json', import.meta.url);

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

/** As the formatter of this repository writes them, in one run of it. */
async function format(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-client-'));
  try {
    const { formatter, javascript, assist } = JSON.parse(await readFile(CONFIG, 'utf8')) as object &
      Record<string, object>;
    const config = { root: true, formatter, javascript, assist };
    await writeFile(join(folder, 'biome.json'), JSON.stringify(config));
    for (const [name, text] of files) await writeFile(join(folder, name), text);
    await promisify(execFile)(process.execPath, [BIOME, 'check', '--write', '.'], { cwd: folder });
    const names = [...files.keys()];
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return new Map(names.map((name, i) => [name, texts[i] ?? '']));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it('is equal to a fresh generation, file by file', async () => {
  const files = await format(clientFiles(await ownDocument(rooms)));
  for (const [name, text] of files) {
    await expect(text).toMatchFileSnapshot(`${FOLDER}${name}`);
  }
  expect((await readdir(FOLDER)).sort()).toEqual([...files.keys()].sort());
});
