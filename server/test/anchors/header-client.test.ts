/** Block headers from a node and an explorer: what is asked, and that nothing but the raw header with its hash counts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBitcoin, type TestBitcoin } from '../../../test/support/bitcoin.ts';
import { type HttpAnswer, honest, type Misdeed } from '../../../test/support/faulty-http.ts';
import { createExplorerSource, createNodeSource } from '../../src/anchors/header-client.ts';
import { findHeaders, type HeaderSource } from '../../src/anchors/header-source.ts';
import { LAB } from '../support/anchor-bench.ts';

let bitcoin: TestBitcoin;
let node: HeaderSource;
let explorer: HeaderSource;
beforeEach(async () => {
  bitcoin = await openBitcoin();
  bitcoin.chain.mine(9);
  node = createNodeSource(new URL(bitcoin.rpcUrl), 300);
  explorer = createExplorerSource(new URL(bitcoin.esploraUrl), 300);
});
afterEach(async () => {
  await Promise.all([node.close(), explorer.close(), bitcoin.close()]);
});

const both = () => [
  { source: node, server: bitcoin.node },
  { source: explorer, server: bitcoin.explorer },
];

describe('both kinds', () => {
  it('answer the header of a height with its depth, and none above the tip', async () => {
    for (const { source } of both()) {
      const found = await source.find(104);
      if (found.kind !== 'found') throw new Error(found.kind);
      expect(
        Buffer.from(found.header).equals(bitcoin.chain.at(104)?.header ?? Buffer.alloc(0)),
      ).toBe(true);
      expect(found.depth).toBe(6);
      expect(await source.find(110)).toEqual({ kind: 'none' });
    }
  });

  it.each([
    ['hang', 'timeout'],
    ['drip', 'timeout'],
    ['reset', 'unreachable'],
    ['truncate', 'unreachable'],
    ['endless', 'too-large'],
  ] as const)('survive a %s', async (misdeed, error) => {
    for (const { source, server } of both()) {
      server.fault = () => misdeed;
      expect(await source.find(104)).toEqual({ kind: 'failed', error });
      server.fault = honest;
      expect((await source.find(104)).kind).toBe('found');
    }
  });

  it.each([
    ['nothing', { status: 200, body: '' }],
    ['a page', { status: 200, body: '<html>busy</html>' }],
    ['another form', { status: 200, body: '{"result":{"a":1},"error":null}' }],
    ['an error', { status: 503, body: 'busy' }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ] as [string, Misdeed & HttpAnswer][])('say that they failed for %s', async (_name, misdeed) => {
    for (const { source, server } of both()) {
      server.fault = () => misdeed;
      expect((await source.find(104)).kind).toBe('failed');
    }
  });

  it('refuse a header that does not hash to what was named, and one without its work', async () => {
    const other = bitcoin.chain.at(105)?.header.toString('hex') ?? '';
    bitcoin.node.fault = ({ body }) =>
      body.includes('getblockheader')
        ? { status: 200, body: JSON.stringify({ result: other, error: null, id: 'kapsel' }) }
        : null;
    bitcoin.explorer.fault = ({ path }) =>
      path.endsWith('/header') ? { status: 200, body: other } : null;
    for (const { source } of both()) {
      expect(await source.find(104)).toEqual({ kind: 'failed', error: 'wrong-hash' });
    }
    const failures: string[] = [];
    const lying: HeaderSource = {
      kind: 'explorer',
      name: 'lying.example',
      find: async () => ({ kind: 'found', header: new Uint8Array(80), depth: 1_000 }),
      close: async () => undefined,
    };
    const found = await findHeaders([lying], [104], LAB, ({ name }, error) =>
      failures.push(`${name} ${error}`),
    );
    expect([found, failures]).toEqual([[], ['lying.example bad-header']]);
  });
});

describe('the node', () => {
  it('is asked with its user and password, which no name and no error shows', async () => {
    const { username, password } = new URL(bitcoin.rpcUrl);
    await node.find(104);
    const [request] = bitcoin.node.requests;
    expect(request?.headers.authorization).toBe(
      `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    );
    expect(JSON.parse(request?.body.toString() ?? '')).toMatchObject({
      method: 'getblockhash',
      params: [104],
    });
    expect(node.name).not.toContain(password);
    const stranger = createNodeSource(new URL(bitcoin.node.origin), 300);
    expect(await stranger.find(104)).toEqual({ kind: 'failed', error: 'status 401' });
    await stranger.close();
  });
});
