/** Stands between a server and PostgreSQL, follows the messages of both, and cuts, delays or kills at a chosen one. PostgreSQL manual 55. @module */
import { once } from 'node:events';
import net from 'node:net';

/** When something is to happen; nothing more is passed on by that connection from then on. */
export type Trigger =
  /** Before a statement reaches PostgreSQL, or after its answer has come and before the server hears it. */
  | { readonly kind: 'before' | 'after'; readonly statement: RegExp }
  /** At a message of either side, counted from the moment at which the trigger was set. */
  | { readonly kind: 'message'; readonly count: number };

export interface DatabaseProxy {
  readonly connectionString: string;
  /** `onHit` is called once, while the message is held. A trigger replaces the one before. */
  arm(trigger: Trigger, onHit: () => void): void;
  disarm(): void;
  /** Ends all connections as a network does that breaks; new ones are taken. */
  cut(): void;
  /** From now on each piece of data is held for so long, in both directions. */
  delay(ms: number): void;
  /** PostgreSQL has come back at another port. */
  moveTo(connectionString: string): void;
  readonly connections: number;
  stop(): Promise<void>;
}

interface Armed {
  readonly trigger: Trigger;
  readonly onHit: () => void;
  messages: number;
}

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;
const READY_FOR_QUERY = 'Z';

export async function startDatabaseProxy(connectionString: string): Promise<DatabaseProxy> {
  let target = new URL(connectionString);
  let delayMs = 0;
  const state: { armed: Armed | null } = { armed: null };
  const pairs = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      pairs.delete(client);
    };
    pairs.add(client);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', end).on('close', end);
    }
    const pass = (to: net.Socket, bytes: Buffer): void => {
      if (delayMs === 0) to.write(bytes);
      else setTimeout(() => to.writable && to.write(bytes), delayMs);
    };
    follow(client, upstream, state, pass);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(connectionString);
  own.hostname = '127.0.0.1';
  own.port = `${(server.address() as net.AddressInfo).port}`;
  const cut = (): void => {
    for (const client of pairs) client.destroy();
  };
  return {
    connectionString: own.href,
    arm: (trigger, onHit) => {
      state.armed = { trigger, onHit, messages: 0 };
    },
    disarm: () => {
      state.armed = null;
    },
    cut,
    delay: (ms) => {
      delayMs = ms;
    },
    moveTo: (changed) => {
      target = new URL(changed);
    },
    get connections() {
      return pairs.size;
    },
    async stop() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Owned by one connection: what it has asked since its last BEGIN, and whether its next answer is awaited. */
interface Session {
  texts: string[];
  readonly prepared: Map<string, string>;
  isHeld: boolean;
  awaited: Armed | null;
}

function follow(
  client: net.Socket,
  upstream: net.Socket,
  state: { armed: Armed | null },
  pass: (to: net.Socket, bytes: Buffer) => void,
): void {
  const session: Session = { texts: [], prepared: new Map(), isHeld: false, awaited: null };
  const hit = (armed: Armed): void => {
    session.isHeld = true;
    state.armed = null;
    armed.onHit();
  };
  /** True when the message is the one that was waited for. */
  const counts = (): boolean => {
    const { armed } = state;
    if (armed === null || armed.trigger.kind !== 'message') return false;
    armed.messages += 1;
    if (armed.messages < armed.trigger.count) return false;
    hit(armed);
    return true;
  };
  readMessages(client, true, (type, bytes) => {
    if (session.isHeld || counts()) return;
    const text = statementOf(type, bytes, session);
    const { armed } = state;
    if (text !== null && armed !== null && armed.trigger.kind !== 'message') {
      if (armed.trigger.statement.test(session.texts.join('\n'))) {
        if (armed.trigger.kind === 'before') return hit(armed);
        session.awaited = armed;
      }
    }
    pass(upstream, bytes);
  });
  readMessages(upstream, false, (type, bytes) => {
    if (session.isHeld || counts()) return;
    const { awaited } = session;
    if (awaited !== null) {
      // Another connection may have been there first.
      if (state.armed !== awaited) session.awaited = null;
      else if (type === READY_FOR_QUERY) return hit(awaited);
      else return;
    }
    pass(client, bytes);
  });
}

/** The text that a message asks to be run, added to those of its transaction; null for any other message. */
function statementOf(type: string, bytes: Buffer, session: Session): string | null {
  const body = bytes.subarray(TYPE_BYTES + LENGTH_BYTES);
  const [first = '', second = ''] = body.toString('latin1', 0).split('\0', 2);
  if (type === 'P') session.prepared.set(first, second);
  const text = type === 'Q' ? first : type === 'B' ? (session.prepared.get(second) ?? '') : null;
  if (text === null) return null;
  if (text.startsWith('BEGIN')) session.texts = [];
  session.texts.push(text);
  if (session.texts.length > 20) session.texts.shift();
  return text;
}

/** Whole messages, in their order; the first of a client has no type. */
function readMessages(
  socket: net.Socket,
  isClient: boolean,
  onMessage: (type: string, bytes: Buffer) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  let typeBytes = isClient ? 0 : TYPE_BYTES;
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= typeBytes + LENGTH_BYTES) {
      const end = typeBytes + rest.readUInt32BE(typeBytes);
      if (rest.length < end) return;
      const message = rest.subarray(0, end);
      const type = typeBytes === 0 ? '' : String.fromCharCode(message[0] ?? 0);
      rest = rest.subarray(end);
      typeBytes = TYPE_BYTES;
      onMessage(type, message);
    }
  });
}
