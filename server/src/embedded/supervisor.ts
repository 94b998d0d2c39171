/**
 * The program of the supervisor: a small process that outlives its server and stops the cluster when the last
 * server has left, however that server ended.
 *
 * Each server has its own supervisor and holds a pipe to it; the kernel closes the pipe when the server ends, also
 * by SIGKILL. Who is last is decided by PostgreSQL, with one advisory lock: each supervisor keeps it shared for as
 * long as its server lives. One that leaves gives its share back and claims the lock for itself, which succeeds
 * exactly when nobody else has a share; then it stops the cluster. A newcomer's request for a share waits behind
 * that claim, and ends with the cluster, so it knows that it has to start it again. Neither process numbers nor
 * files are counted: a share ends with its holder, whatever happens to it.
 *
 * The program is passed to `node -e` as the text of the function below, since a server that runs from TypeScript
 * source (tests) has no JavaScript file of it, and Node 20 runs no TypeScript. So the function uses nothing from
 * outside its own body; what it needs comes as its parameter and in its first line of input.
 *
 * Input, one a line: the orders as JSON; `hold`; `leave`. End of input: the server was killed.
 * Output, one a line: `held` or `lost` for each `hold`; `stopped` or `left` at the end.
 * @module
 */
import type pg from 'pg';
import { isPostmasterOf } from './process-probe.ts';

/** The first line of input. The password goes this way because arguments are visible to all users. */
export interface SupervisorOrders {
  /** The file that `require('pg')` loads. */
  readonly pgModule: string;
  readonly clusterFolder: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly holdSql: string;
  readonly releaseSql: string;
  readonly claimSql: string;
  /** On Windows, where there is no SIGINT. */
  readonly pgCtl: string;
}

/** The text for `node -e`. */
export function supervisorProgram(): string {
  return `(${superviseCluster})(${isPostmasterOf});`;
}

async function superviseCluster(
  isOurPostmaster: (pid: number, clusterFolder: string) => boolean,
): Promise<void> {
  const fs = process.getBuiltinModule('node:fs');
  const { createInterface } = process.getBuiltinModule('node:readline');
  const { createRequire } = process.getBuiltinModule('node:module');
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  process.title = 'kapsel-supervisor';
  // Whoever ends the server by a signal to all its processes still wants the cluster to be stopped.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string | null> => (await input.next()).value ?? null;
  const say = (word: string): void => {
    try {
      fs.writeSync(1, `${word}\n`);
    } catch {
      // The server is gone; nobody listens.
    }
  };
  // Blocks. There is nothing else to do here, and no timer has to be kept.
  const pause = (ms: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };

  const firstLine = await nextLine();
  if (firstLine === null) return;
  const orders = JSON.parse(firstLine) as SupervisorOrders;
  const { Client } = createRequire(orders.pgModule)(orders.pgModule) as typeof pg;
  type Session = InstanceType<typeof Client>;
  interface Postmaster {
    readonly pid: number;
    readonly port: number;
  }

  const findPostmaster = (): Postmaster | null => {
    try {
      const lines = fs.readFileSync(`${orders.clusterFolder}/postmaster.pid`, 'utf8').split('\n');
      return { pid: Number(lines[0]), port: Number(lines[3]) };
    } catch {
      return null; // no such file: not running
    }
  };
  let session: Session | null = null;
  // The postmaster of the session; its file may be gone when somebody removed the folder under it.
  let known: Postmaster | null = null;
  let leaving = false;
  let holdingAgain: Promise<void> | null = null;

  const open = async (postmaster: Postmaster): Promise<Session> => {
    const client = new Client({
      host: '127.0.0.1',
      port: postmaster.port,
      user: orders.user,
      password: orders.password,
      database: orders.database,
      ssl: false,
      application_name: 'kapsel-supervisor',
      connectionTimeoutMillis: 5_000,
      query_timeout: 70_000, // longer than a newcomer's wait for a cluster that is being stopped
      keepAlive: true,
    });
    client.on('error', () => {}); // is followed by "end"
    client.on('end', () => {
      if (session !== client) return;
      session = null;
      // PostgreSQL ends all sessions when one of its processes crashes, and our share with them: take it again.
      if (!leaving) holdingAgain = holdAgain();
    });
    await client.connect();
    known = postmaster;
    return client;
  };
  const drop = (client: Session | null): void => {
    session = null;
    client?.end().catch(() => {}); // it may be broken: then there is nothing to end
  };
  const tryHold = async (): Promise<boolean> => {
    try {
      const postmaster = findPostmaster();
      if (postmaster === null) return false;
      session ??= await open(postmaster);
      await session.query(orders.holdSql);
      return true;
    } catch {
      drop(session); // going down, or not up yet
      return false;
    }
  };
  // One after the other, so that there is never more than one session.
  let turn: Promise<boolean> = Promise.resolve(false);
  const hold = (): Promise<boolean> => {
    turn = turn.then(tryHold);
    return turn;
  };
  const holdAgain = async (): Promise<void> => {
    while (!leaving && !(await hold())) {
      pause(200);
      await new Promise((resolve) => setImmediate(resolve)); // lets the input be read
    }
  };

  /** True: nobody else holds the cluster. Null: it does not answer. */
  const claim = async (postmaster: Postmaster): Promise<boolean | null> => {
    for (let i = 0; i < 40; i++) {
      try {
        session ??= await open(postmaster);
        await session.query(orders.releaseSql);
        const { rows } = await session.query<{ claimed: boolean }>(orders.claimSql);
        return rows[0]?.claimed === true;
      } catch {
        drop(session);
        if (!isOurPostmaster(postmaster.pid, orders.clusterFolder)) return null;
        pause(250); // it recovers from a crash, or is being stopped already
      }
    }
    return null;
  };
  const isRunning = (postmaster: Postmaster, hasFile: boolean): boolean => {
    if (hasFile) return findPostmaster()?.pid === postmaster.pid;
    try {
      process.kill(postmaster.pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const leave = async (wasKilled: boolean): Promise<string> => {
    leaving = true;
    await holdingAgain;
    // A server killed right after it had started PostgreSQL: the file is about to appear.
    for (let i = 0; i < 60 && wasKilled && !session && !findPostmaster(); i++) pause(50);
    const listed = findPostmaster();
    const postmaster = listed ?? (session === null ? null : known);
    if (postmaster === null) return 'left';
    const claimed = await claim(postmaster);
    if (claimed === false) return 'left';
    // Without a session to prove it, the number in the file may be another program's by now.
    if (claimed === null && !isOurPostmaster(postmaster.pid, orders.clusterFolder)) return 'left';
    // Fast mode. The claim is kept until PostgreSQL itself ends our session, so no newcomer can slip in.
    if (process.platform === 'win32') {
      execFileSync(orders.pgCtl, ['stop', '-m', 'fast', '-W', '-D', orders.clusterFolder]);
    } else {
      process.kill(postmaster.pid, 'SIGINT');
    }
    for (let i = 0; i < 6_000 && isRunning(postmaster, listed !== null); i++) pause(10);
    // The file goes a moment before the process.
    for (let i = 0; i < 500 && isOurPostmaster(postmaster.pid, orders.clusterFolder); i++)
      pause(10);
    return 'stopped';
  };

  for (let line = await nextLine(); ; line = await nextLine()) {
    if (line === 'hold') {
      say((await hold()) ? 'held' : 'lost');
      continue;
    }
    say(await leave(line === null));
    process.exit(0); // an open session must not keep it alive
  }
}
