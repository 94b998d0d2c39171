/** A destination in a process of its own, for scenarios in which the server's process may die. @module */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const CHILD = fileURLToPath(new URL('receiver-child.mjs', import.meta.url));

/** What the destination saw of one request. */
export interface Arrival {
  readonly attemptId: string;
  readonly eventId: string;
  readonly contentType: string | null;
  readonly sha256: string;
  readonly size: number;
}

export type Behaviour = number | 'hang' | 'reset' | 'half' | 'endless';

export interface ReceiverProcess {
  readonly port: number;
  readonly url: string;
  /** Whole requests, in the order of their arrival. */
  readonly arrivals: readonly Arrival[];
  /** Resolves when there are this many. */
  arrived(count: number): Promise<void>;
  /** From the next request on: a status, no answer at all, or one that breaks off or never ends. */
  answer(behaviour: Behaviour): Promise<void>;
  stop(): Promise<void>;
}

type Message =
  | ({ readonly kind: 'request' } & Arrival)
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'told' };

/** On `port`, or on a free one. */
export async function startReceiver(port = 0): Promise<ReceiverProcess> {
  const child = fork(CHILD, [`${port}`], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const arrivals: Arrival[] = [];
  child.on('message', (message: Message) => {
    if (message.kind !== 'request') return;
    const { kind: _kind, ...arrival } = message;
    arrivals.push(arrival);
  });
  const listening = await messageOf(child, 'listening');
  const found = listening.kind === 'listening' ? listening.port : 0;
  return {
    port: found,
    url: `http://127.0.0.1:${found}/hook`,
    arrivals,
    arrived: (count) =>
      vi.waitFor(
        () => {
          if (arrivals.length < count) throw new Error(`got ${arrivals.length}, want ${count}`);
        },
        { interval: 20, timeout: 30_000 },
      ),
    async answer(behaviour) {
      const told = messageOf(child, 'told');
      child.send(behaviour);
      await told;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function messageOf(child: ChildProcess, kind: Message['kind']): Promise<Message> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [Message];
    if (message.kind === kind) return message;
  }
}
