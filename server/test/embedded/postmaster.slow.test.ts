import { afterAll, expect, it } from 'vitest';
import { findPostmaster } from '../../src/embedded/postmaster.ts';
import { postmasterPid, query, Workbench } from './workbench.ts';

const bench = new Workbench();
afterAll(() => bench.clear());

it('refuses to start beside a PostgreSQL that does not answer for 10 s', {
  timeout: 60_000,
}, async () => {
  const postgres = await bench.launch(await bench.folder());
  const pid = await postmasterPid(postgres);
  const password = new URL(postgres.connectionString).password;
  const access = { folder: postgres.clusterFolder, password };
  process.kill(pid, 'SIGSTOP');
  try {
    await expect(findPostmaster(access, () => {})).rejects.toMatchObject({ code: 'not-answering' });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect(await query(postgres.connectionString, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});
