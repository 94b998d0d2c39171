/** Launches PostgreSQL in a process of its own, says what it got, and stays. Arguments: launch.ts, options as JSON. @module */
import { runnerImport } from 'vite';

const [source, options] = process.argv.slice(2);
const { module } = await runnerImport(source, { logLevel: 'silent', configFile: false });
const postgres = await module.launchPostgres({ ...JSON.parse(options), log: () => {} });
process.stdout.write(`${JSON.stringify(postgres)}\n`);
// Until it is killed.
setInterval(() => {}, 60_000);
