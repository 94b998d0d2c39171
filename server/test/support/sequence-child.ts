/** A process of its own that sequences a log and stands still at a chosen statement, to be killed there. @module */
import pg from 'pg';
import { sequence } from '../../src/attestation/sequence.ts';
import type { LogId } from '../../src/base/ids.ts';

export const APPLICATION_NAME = 'sequence-child';

/** Runs `node <bundle> <url> <log id> before|after <beginning of a statement>`; prints the statement once it stands still. */
async function main([url, logId, side, beginning]: readonly string[]): Promise<void> {
  if (url === undefined || logId === undefined || beginning === undefined) {
    throw new TypeError('url, log id, side and statement are wanted');
  }
  const pool = new pg.Pool({ connectionString: url, max: 1, application_name: APPLICATION_NAME });
  const standStill = (text: string): Promise<never> => {
    process.stdout.write(`${text.trim()}\n`);
    return new Promise(() => setInterval(() => undefined, 60_000));
  };
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    const query = async (asked: string | pg.QueryConfig, rest?: unknown[]): Promise<unknown> => {
      const { text, values } = typeof asked === 'string' ? { text: asked, values: rest } : asked;
      const isHere = text.trim().startsWith(beginning);
      if (isHere && side === 'before') await standStill(text);
      const result = await client.query(text, values);
      if (isHere) await standStill(text);
      return result;
    };
    return new Proxy(client, {
      get(target, key) {
        if (key === 'query') return query;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  const log = { id: logId as LogId, tenantId: null, name: '', isPublic: true, origin: '' };
  await sequence({ connect } as unknown as pg.Pool, log);
  throw new Error(`no statement begins with ${beginning}`);
}

await main(process.argv.slice(2));
