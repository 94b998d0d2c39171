/** Audits one log, with the built server's code, in a process of its own and prints the report with the most memory it took. @module */
import pg from 'pg';

const [connectionString, name] = process.argv.slice(2);
const { LogAudit } = await import('../../dist/audit/audit.js');
const { findLogByName } = await import('../../dist/logs/store.js');
const pool = new pg.Pool({ connectionString, max: 2 });
const audit = new LogAudit(pool, await findLogByName(pool, name), {
  chunk: 2048,
  bodiesOneIn: 1,
  onContradiction: () => undefined,
  pause: async () => undefined,
});
let mostRssBytes = 0;
while (await audit.step()) mostRssBytes = Math.max(mostRssBytes, process.memoryUsage().rss);
await pool.end();
process.stdout.write(JSON.stringify({ report: audit.report, mostRssBytes }));
