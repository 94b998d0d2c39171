/** Fails a test that reaches beyond loopback or writes to the console. Loaded before each test file. @module */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { afterAll, afterEach } from 'vitest';

// A process that runs several test files loads this file again: patched once, one list for all.
const LIST = Symbol.for('kapsel.test.guard');
const shared = globalThis as { [LIST]?: string[] };
const patched = shared[LIST] !== undefined;
shared[LIST] ??= [];
const offences: string[] = shared[LIST];

function refuse(what: string): Error {
  offences.push(what);
  return new Error(`refused by the test guard: ${what}`);
}

/** Loopback addresses and the names that the system always maps to them. */
function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, '');
  const ipv4 = bare.startsWith('::ffff:') ? bare.slice('::ffff:'.length) : bare;
  if (net.isIP(ipv4) === 4) return ipv4.startsWith('127.') || ipv4 === '0.0.0.0';
  return bare === '::1' || bare === '::' || bare === 'localhost' || bare.endsWith('.localhost');
}

type Lookup = (...parameters: unknown[]) => void;

/** A resolver that the test brought along may map a made-up name to loopback, and to nothing else. */
function guardLookup(lookup: Lookup): Lookup {
  return function guardedLookup(hostname, options, callback) {
    lookup(hostname, options, (error: Error | null, found: unknown, family: unknown) => {
      const entries = Array.isArray(found) ? found : [{ address: found }];
      const outside = entries.find(({ address }) => !isLoopback(String(address)));
      const answer = callback as (...values: unknown[]) => void;
      if (error === null && outside !== undefined) {
        answer(refuse(`connection to ${String(hostname)} at ${outside.address}`));
      } else {
        answer(error, found, family);
      }
    });
  };
}

interface Target {
  readonly host?: string;
  readonly path?: string;
  readonly lookup?: Lookup;
}

function targetOf(parameters: readonly unknown[]): Target {
  const first = Array.isArray(parameters[0]) ? parameters[0][0] : parameters[0];
  if (typeof first === 'object' && first !== null) return first as Target;
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { path: first };
  return typeof parameters[1] === 'string' ? { host: parameters[1] } : {};
}

function guardSockets(): void {
  const connect = net.Socket.prototype.connect as (...parameters: unknown[]) => net.Socket;
  net.Socket.prototype.connect = function guardedConnect(
    this: net.Socket,
    ...parameters: unknown[]
  ) {
    const target = targetOf(parameters);
    const host = target.host ?? 'localhost';
    if (target.path || isLoopback(host)) return connect.apply(this, parameters);
    if (target.lookup && net.isIP(host) === 0) {
      Object.assign(target, { lookup: guardLookup(target.lookup) });
      return connect.apply(this, parameters);
    }
    this.destroy(refuse(`connection to ${host}`));
    return this;
  } as typeof net.Socket.prototype.connect;
}

function guardNames(): void {
  const names = ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveAny'] as const;
  for (const name of names) {
    const original = dns[name] as Lookup;
    const originalPromise = dns.promises[name] as (...parameters: unknown[]) => Promise<unknown>;
    const callbackForm: Lookup = (...parameters) => {
      const hostname = String(parameters[0]);
      if (isLoopback(hostname) || net.isIP(hostname) !== 0) return original(...parameters);
      const error = refuse(`dns.${name} of ${hostname}`);
      const answer = parameters.at(-1) as (reason: Error) => void;
      process.nextTick(() => answer(error));
    };
    const promiseForm = async (...parameters: unknown[]): Promise<unknown> => {
      const hostname = String(parameters[0]);
      if (isLoopback(hostname) || net.isIP(hostname) !== 0) return originalPromise(...parameters);
      throw refuse(`dns.promises.${name} of ${hostname}`);
    };
    Object.assign(dns, { [name]: callbackForm });
    Object.assign(dns.promises, { [name]: promiseForm });
  }
  syncBuiltinESMExports();
}

function guardConsole(): void {
  const target = globalThis.console as unknown as Record<string, unknown>;
  for (const [method, original] of Object.entries(target)) {
    if (typeof original !== 'function' || !/^[a-z]+$/.test(method)) continue;
    target[method] = (...parameters: unknown[]): unknown => {
      offences.push(`console.${method}`);
      return original.apply(target, parameters);
    };
  }
}

function failOnOffences(): void {
  const found = offences.splice(0);
  if (found.length > 0) throw new Error(`the test guard saw: ${found.join('; ')}`);
}

if (!patched) {
  guardSockets();
  guardNames();
  guardConsole();
}

afterEach(failOnOffences);
afterAll(failOnOffences);
