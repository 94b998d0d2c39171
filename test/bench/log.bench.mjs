// @ts-check
/** Bench `log`: appending, proofs over HTTP as the tree grows, memory at ten million leaves, and several processes. @module */
import { loadavg } from 'node:os';
import { startDatabase } from './support/bench-database.mjs';
import { appendFigures } from './support/log-append.mjs';
import { memoryFigures } from './support/log-memory.mjs';
import { processFigures } from './support/log-processes.mjs';
import { proofTableFigures } from './support/log-proof-table.mjs';
import { fillLogs, proofFigures } from './support/log-proofs.mjs';
import { rounded } from './support/rounds.mjs';

export const about =
  'append + sign + store, proofs over HTTP at 10^4 to 10^7 leaves, memory, and 1, 2 and 4 processes';
export const needsPeers = false;
export const parts = ['append', 'processes', 'proofs', 'memory', 'table'];

const FULL = {
  appends: [
    { leaves: 100, rounds: 200 },
    { leaves: 1_000, rounds: 120 },
    { leaves: 10_000, rounds: 30 },
  ],
  sizes: [10_000, 100_000, 1_000_000, 10_000_000],
  requests: 4_000,
  rounds: 3,
  memoryLeaves: 200_000,
  backlog: 100_000,
  processes: [1, 2, 4],
};
const QUICK = {
  appends: [
    { leaves: 100, rounds: 5 },
    { leaves: 1_000, rounds: 3 },
  ],
  sizes: [1_000, 10_000],
  requests: 200,
  rounds: 1,
  memoryLeaves: 1_000,
  backlog: 2_000,
  processes: [1, 2],
};

/** @typedef {typeof FULL} Size */

const MEASURES = {
  append: appendFigures,
  processes: processFigures,
  proofs: proofFigures,
  memory: memoryFigures,
  table: proofTableFigures,
};

/** @param {import('./run.mjs').Options} options @returns {Promise<import('./run.mjs').Measured>} */
export async function measure({ quick, say, parts: asked, keep }) {
  const size = quick ? QUICK : FULL;
  const busy = rounded(loadavg()[0] ?? 0, 1);
  const database = await startDatabase(say, keep);
  try {
    const measured = [];
    for (const [name, figures] of Object.entries(MEASURES)) {
      if (asked.length > 0 && !asked.includes(name)) continue;
      if (name === 'memory' || name === 'table') await fillLogs(database, size, say);
      measured.push(await figures(database, size, say));
    }
    return {
      postgres: database.version,
      load:
        `${measured.map(({ load }) => load).join('; ')}; PostgreSQL with fsync and synchronous_commit on, server, ` +
        `PostgreSQL and load generator on the same cores; load average at the start ${busy}`,
      figures: Object.assign({}, ...measured.map(({ figures }) => figures)),
      ceilings: Object.assign(
        {},
        ...measured.map((part) => ('ceilings' in part ? part.ceilings : {})),
      ),
      peers: {},
      ratios: Object.assign({}, ...measured.map(({ ratios }) => ratios)),
      goals: measured.flatMap(({ goals }) => goals),
    };
  } finally {
    await database.stop();
  }
}
