/** The built server in a process of its own: started, spoken to, stopped and killed. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const MAIN = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url));
const START_DEADLINE_MS = 30_000;
const PROOF_DEADLINE_MS = 30_000;

export type Settings = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  readonly publicKey: string;
  /** Null at any but the first start on a database. */
  readonly apiKey: string | null;
  /** What it has said on stderr until now. */
  stderr(): string;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Loopback destinations are open, heads come quickly, and the cluster of the tests need not be durable. */
export function testSettings(connectionString: string, folder: string): Settings {
  return {
    DATABASE_URL: connectionString,
    KAPSEL_DATA: folder,
    KAPSEL_PORT: '0',
    KAPSEL_EGRESS_ALLOW: '127.0.0.1',
    KAPSEL_ALLOW_HTTP: '1',
    KAPSEL_SEQUENCE_INTERVAL_MS: '20',
    KAPSEL_HEAD_INTERVAL_MS: '100',
    KAPSEL_LOG_LEVEL: 'warn',
    KAPSEL_UNSAFE_DURABILITY: '1',
  };
}

export interface SpawnedServer {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

/** Starts the program and waits for nothing. */
export function spawnServer(words: readonly string[], settings: Settings): SpawnedServer {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH: process.env.PATH ?? '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs the program to its end, as a shell would. */
export function runServer(words: readonly string[], settings: Settings): Promise<Ended> {
  return spawnServer(words, settings).ended;
}

/** Resolves when the server takes requests; fails with its last words when it ends before. `onSpawned` may end it sooner. */
export async function startServer(
  settings: Settings,
  onSpawned?: (kill: () => void) => void,
): Promise<ServerProcess> {
  const { child, stdout, stderr, ended } = spawnServer(['serve'], settings);
  onSpawned?.(() => child.kill('SIGKILL'));
  const ready = vi.waitFor(
    () => {
      if (!stdout().includes('Stop with')) throw new Error(`not ready: ${stdout()}`);
    },
    { interval: 20, timeout: START_DEADLINE_MS },
  );
  const early = await Promise.race([ready.then(() => null), ended]);
  if (early !== null) throw new Error(`the server ended with ${early.code}: ${early.stderr}`);
  const told = (name: string): string | null =>
    new RegExp(`^  ${name} +(\\S+)$`, 'm').exec(stdout())?.[1] ?? null;
  return {
    pid: child.pid ?? 0,
    url: told('URL') ?? '',
    publicKey: told('Public key') ?? '',
    apiKey: told('API key'),
    stderr,
    ended,
    signal: (signal) => {
      child.kill(signal);
    },
    end: (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

export interface AttemptJson {
  readonly delivery_attempt_id: string;
  readonly attempt_number: number;
  readonly outcome: string | null;
  readonly response_status: number | null;
  readonly error: string | null;
  readonly proof_url: string;
}

export interface EventJson {
  readonly id: string;
  readonly status: string;
  readonly failure_reason: string | null;
  readonly attempts: readonly AttemptJson[];
}

/** The API with one key; survives the server that it spoke to, since a restart changes the address alone. */
export class ApiClient {
  readonly #key: string;
  url: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.#key = key;
  }

  async call(method: string, path: string, body?: string | Uint8Array): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}` },
      ...(body === undefined ? {} : { body: body as BodyInit }),
    });
  }

  /** The answer's text; fails unless the status is in the two hundreds. */
  async text(method: string, path: string, body?: string | Uint8Array): Promise<string> {
    const response = await this.call(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  /** The id of a new endpoint. */
  async endpoint(url: string, settings: object = {}): Promise<string> {
    const body = JSON.stringify({ url, ...settings });
    return JSON.parse(await this.text('POST', '/v1/endpoints', body)).id;
  }

  /** The id of an event that was accepted. */
  async ingest(endpointId: string, body: string | Uint8Array): Promise<string> {
    return JSON.parse(await this.text('POST', `/ingest/${endpointId}`, body)).event_id;
  }

  async event(id: string): Promise<EventJson> {
    return JSON.parse(await this.text('GET', `/v1/events/${id}`));
  }

  /** The event, as soon as it is as asked for. */
  async eventWhen(id: string, isIt: (event: EventJson) => boolean): Promise<EventJson> {
    return vi.waitFor(
      async () => {
        const event = await this.event(id);
        if (!isIt(event)) throw new Error(`event is ${JSON.stringify(event)}`);
        return event;
      },
      { interval: 50, timeout: PROOF_DEADLINE_MS },
    );
  }

  /** The proof package of an attempt, as soon as a head is signed over its leaf. */
  async proof(attempt: AttemptJson): Promise<string> {
    return vi.waitFor(() => this.text('GET', attempt.proof_url), {
      interval: 50,
      timeout: PROOF_DEADLINE_MS,
    });
  }
}
