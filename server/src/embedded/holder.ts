/** The server's end of its supervisor: takes a share in the cluster, and gives it back. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '../base/clock.ts';
import {
  CLAIM_CLUSTER,
  CLUSTER_USER,
  type ClusterAccess,
  HOLD_CLUSTER,
  HOLDING_DATABASE,
  RELEASE_CLUSTER,
} from './cluster-store.ts';
import { type SupervisorOrders, supervisorProgram } from './supervisor.ts';

export interface HolderOptions {
  readonly cluster: ClusterAccess;
  readonly pgCtl: string;
  /** Takes what the supervisor says when it fails. */
  readonly logFile: string;
  readonly log: (line: string) => void;
}

interface Supervisor {
  readonly child: ChildProcess;
  readonly input: Writable;
  readonly answers: AsyncIterator<string>;
}

// A share is refused or granted, and a cluster stopped, well within this; beyond it the supervisor hangs.
const ANSWER_LIMIT_MS = 90_000;
const MAX_RESTARTS = 5;

/**
 * One share in one cluster. The supervisor runs from the moment this object exists, so a server that is killed
 * while it starts PostgreSQL leaves none behind either.
 */
export class Holder {
  readonly #options: HolderOptions;
  // Owned here: replaced when a supervisor ends before it was told to.
  #supervisor: Supervisor;
  #restarts = 0;
  #wasHeld = false;
  #leaving = false;

  constructor(options: HolderOptions) {
    this.#options = options;
    this.#supervisor = this.#start();
  }

  /** The supervisor's process number. */
  get pid(): number | undefined {
    return this.#supervisor.child.pid;
  }

  /** False: the cluster is not up, or went down while we waited. Call it again when it is up. */
  async hold(): Promise<boolean> {
    const isHeld = (await ask(this.#supervisor, 'hold')) === 'held';
    this.#wasHeld ||= isHeld;
    return isHeld;
  }

  /** Gives the share back. `stopped`: it was the last one, and the cluster is down. */
  async leave(): Promise<'stopped' | 'left'> {
    this.#leaving = true;
    let answer = await ask(this.#supervisor, 'leave');
    if (answer === null) {
      // It has ended before: a new one does what remains to be done.
      this.#supervisor = this.#start();
      answer = await ask(this.#supervisor, 'leave');
    }
    const { child, input } = this.#supervisor;
    input.end();
    if (child.exitCode === null && child.signalCode === null) {
      child.ref();
      await once(child, 'exit');
    }
    return answer === 'stopped' ? 'stopped' : 'left';
  }

  #start(): Supervisor {
    const { cluster, pgCtl, logFile } = this.#options;
    const orders: SupervisorOrders = {
      pgModule: createRequire(import.meta.url).resolve('pg'),
      clusterFolder: cluster.folder,
      user: CLUSTER_USER,
      password: cluster.password,
      database: HOLDING_DATABASE,
      holdSql: HOLD_CLUSTER,
      releaseSql: RELEASE_CLUSTER,
      claimSql: CLAIM_CLUSTER,
      pgCtl,
    };
    const logFd = openSync(logFile, 'a', 0o600);
    try {
      const child = spawn(process.execPath, ['-e', supervisorProgram()], {
        cwd: '/',
        // A session of its own: Ctrl-C at the terminal is for the server, which stops PostgreSQL last.
        detached: true,
        windowsHide: true,
        stdio: ['pipe', 'pipe', logFd],
        // Nothing that was set for the server, such as NODE_OPTIONS, is meant for this program.
        ...(process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin' } }),
      });
      const { stdin, stdout } = child;
      if (stdin === null || stdout === null) throw new TypeError('the pipes are missing');
      child.on('error', () => {}); // could not be started: its output ends, which `ask` tells
      stdin.on('error', () => {}); // has ended: the same
      child.once('exit', () => this.#restart());
      child.unref();
      unref(stdin);
      unref(stdout);
      stdin.write(`${JSON.stringify(orders)}\n`);
      const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
      return { child, input: stdin, answers };
    } finally {
      closeSync(logFd);
    }
  }

  #restart(): void {
    if (this.#leaving || !this.#wasHeld) return;
    if (this.#restarts >= MAX_RESTARTS) {
      this.#options.log('the supervisor of PostgreSQL ended again; it is not started any more');
      return;
    }
    this.#restarts += 1;
    this.#options.log('the supervisor of PostgreSQL ended; starting another one');
    this.#supervisor = this.#start();
    void this.hold(); // never rejects; if it fails, `leave` starts one more
  }
}

/** One word to the supervisor, one back; null when it has ended. Never rejects. */
async function ask({ child, input, answers }: Supervisor, word: string): Promise<string | null> {
  const answered = new AbortController();
  // Also keeps this process alive while it waits: the pipes alone do not.
  const deadline = systemClock.sleep(ANSWER_LIMIT_MS, answered.signal).then(() => {
    if (!answered.signal.aborted) child.kill('SIGKILL');
  });
  input.write(`${word}\n`);
  const { value, done } = await answers.next();
  answered.abort();
  await deadline;
  return done ? null : value;
}

/** The pipes of a child are sockets, which would keep the process alive. */
function unref(pipe: Writable | Readable): void {
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}
