// @ts-check
/** What a server needs in memory while it appends to the largest log of the bench. @module */
import { hashOfLeaf } from './log-filler.mjs';
import { rounded } from './rounds.mjs';
import { startServer } from './server-child.mjs';
import { letWait, makeLeaves } from './waiting-leaves.mjs';

const MAX_MIB = 200;
const PER_INSERT = 10_000;
const DEADLINE_MS = 300_000;

/**
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function memoryFigures({ pool, url, folder }, size, say) {
  const leaves = Math.max(...size.sizes);
  const { rows } = await pool.query('SELECT id, origin FROM logs WHERE name = $1', [
    `bench-${leaves}`,
  ]);
  const log = rows[0];
  const server = await startServer({ DATABASE_URL: url, KAPSEL_DATA: folder });
  try {
    const idleMiB = await server.residentMiB();
    for (let made = 0; made < size.memoryLeaves; made += PER_INSERT) {
      const count = Math.min(PER_INSERT, size.memoryLeaves - made);
      await letWait(pool, log.id, await makeLeaves(log.origin, count));
    }
    const wanted = leaves + size.memoryLeaves;
    await waitForSize(server.url, leaves, wanted);
    // A proof from the old part, so that reading is in the figure too.
    const path = `/attestation/proof/${hashOfLeaf(0).toString('hex')}?log=bench-${leaves}`;
    if (!(await fetch(server.url + path)).ok) throw new Error('no proof of the first leaf');
    const peakMiB = await server.peakMiB();
    say(`memory: ${rounded(idleMiB)} MiB idle, ${rounded(peakMiB)} MiB at most`);
    return {
      load: `${size.memoryLeaves} more leaves appended to ${leaves} by a whole server`,
      figures: { server_idle_mib: rounded(idleMiB), server_peak_mib: rounded(peakMiB) },
      ratios: {},
      goals: [
        {
          name: `a whole server appending at ${leaves} leaves: < ${MAX_MIB} MiB resident at most`,
          measured: rounded(peakMiB),
          met: peakMiB < MAX_MIB,
        },
      ],
    };
  } finally {
    await server.stop();
  }
}

/** @param {string} url @param {number} leaves @param {number} wanted */
async function waitForSize(url, leaves, wanted) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await fetch(`${url}/attestation/sth?log=bench-${leaves}`);
    if (answer.ok && JSON.parse(await answer.text()).tree_size >= wanted) return;
    if (Date.now() > deadline) throw new Error(`the log did not reach ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
