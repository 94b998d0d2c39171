/** The guard of the tests: a test that leaves loopback or writes to the console fails, even if it hides the error. @module */
import { lookup } from 'node:dns';
import { resolve4 } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type LookupFunction, type TcpNetConnectOpts } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const OUTSIDE = '192.0.2.1'; // RFC 5737: documentation, never routed
const PATIENCE_MS = 500; // without the guard an attempt would hang, and a time-out is a failure too

describe('the guard', () => {
  it.fails('refuses fetch to an address', () => patiently(fetch(`http://${OUTSIDE}/`)));
  it.fails('refuses fetch to a name', () => patiently(fetch('http://example.com/')));
  it.fails('refuses a socket', () => tryToConnect({ host: OUTSIDE }));
  it.fails('refuses an IPv6 socket', () => tryToConnect({ host: '2001:db8::1' }));
  it.fails('refuses to look up a name', () => patiently(promisify(lookup)('example.com')));
  it.fails('refuses to resolve a name', () => patiently(resolve4('example.com')));
  it.fails('refuses a resolver of the test that leads outside', () =>
    tryToConnect({ host: 'a.example', lookup: answering(OUTSIDE) }));
  it.fails('refuses the console', () => {
    // biome-ignore lint/suspicious/noConsole: the call that must fail the test
    console.debug('');
  });

  it('lets loopback through, by address, name and a resolver of the test', async () => {
    const server = createServer((_, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
    expect(await (await fetch(`http://localhost:${port}/`)).text()).toBe('here');
    const socket = connect({ port, host: 'a.example', lookup: answering('127.0.0.1') });
    await once(socket, 'connect');
    socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
});

/** Ends well whatever comes of the attempt: only the guard can make the test fail. */
async function patiently(attempt: Promise<unknown>): Promise<void> {
  await Promise.race([attempt.catch(() => {}), setTimeout(PATIENCE_MS)]);
}

async function tryToConnect(target: Omit<TcpNetConnectOpts, 'port'>): Promise<void> {
  const socket = connect({ ...target, port: 80 });
  await patiently(once(socket, 'close'));
  socket.destroy();
}

function answering(address: string): LookupFunction {
  return (_, options, callback) => {
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}
