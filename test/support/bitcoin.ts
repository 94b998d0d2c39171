/** A fake Bitcoin node and a fake explorer over one test chain: JSON-RPC as Bitcoin Core speaks it, and the routes of Esplora. @module */
import { createChain, reversedHex, type TestBlock, type TestChain } from './bitcoin-chain.ts';
import {
  type FaultyServer,
  type HttpAnswer,
  type HttpRequest,
  openFaultyServer,
} from './faulty-http.ts';

export interface TestBitcoin {
  readonly chain: TestChain;
  /** JSON-RPC. Its faults and requests. */
  readonly node: FaultyServer;
  /** With user and password. */
  readonly rpcUrl: string;
  /** Esplora, at `/api`. Its faults and requests. */
  readonly explorer: FaultyServer;
  readonly esploraUrl: string;
  close(): Promise<void>;
}

const USER = 'kapsel';
const PASSWORD = 'not-a-real-password';

export async function openBitcoin(chain: TestChain = createChain()): Promise<TestBitcoin> {
  const node = await openFaultyServer((request) => answerRpc(chain, request));
  const explorer = await openFaultyServer((request) => answerEsplora(chain, request));
  const rpcUrl = new URL(node.origin);
  [rpcUrl.username, rpcUrl.password] = [USER, PASSWORD];
  return {
    chain,
    node,
    rpcUrl: rpcUrl.href,
    explorer,
    esploraUrl: `${explorer.origin}/api`,
    async close() {
      await Promise.all([node.close(), explorer.close()]);
    },
  };
}

class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

// Bitcoin Core's src/rpc/protocol.h
const INVALID_PARAMETER = -8;
const INVALID_ADDRESS_OR_KEY = -5;
const METHOD_NOT_FOUND = -32601;

type RpcMethod = (chain: TestChain, params: readonly unknown[]) => unknown;

const METHODS: Readonly<Record<string, RpcMethod>> = {
  getblockcount: ({ tip }) => tip.height,
  getbestblockhash: ({ tip }) => reversedHex(tip.hash),
  getblockhash(chain, [height]) {
    const block = typeof height === 'number' ? chain.at(height) : null;
    if (block === null) throw new RpcError(INVALID_PARAMETER, 'Block height out of range');
    return reversedHex(block.hash);
  },
  getblockheader(chain, [hash, isVerbose = true]) {
    const block = blockOfHex(chain, String(hash));
    if (block === null) throw new RpcError(INVALID_ADDRESS_OR_KEY, 'Block not found');
    return isVerbose === false ? block.header.toString('hex') : describe(chain, block);
  },
  getblockchaininfo: ({ tip }) => ({
    chain: 'regtest',
    blocks: tip.height,
    headers: tip.height,
    bestblockhash: reversedHex(tip.hash),
    verificationprogress: 1,
    initialblockdownload: false,
  }),
};

function answerRpc(chain: TestChain, { method, headers, body }: HttpRequest): HttpAnswer {
  const wanted = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  if (headers.authorization !== wanted) {
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="jsonrpc"' } };
  }
  if (method !== 'POST') return { status: 405, body: 'JSONRPC server handles only POST requests' };
  const call = JSON.parse(body.toString('utf8')) as {
    readonly id?: unknown;
    readonly method?: string;
    readonly params?: readonly unknown[];
  };
  const json = (status: number, result: unknown, error: unknown): HttpAnswer => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify({ result, error, id: call.id ?? null })}\n`,
  });
  const run = METHODS[call.method ?? ''];
  if (run === undefined) {
    return json(404, null, { code: METHOD_NOT_FOUND, message: 'Method not found' });
  }
  try {
    return json(200, run(chain, call.params ?? []), null);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return json(500, null, { code: error.code, message: error.message });
  }
}

function answerEsplora(chain: TestChain, { method, path }: HttpRequest): HttpAnswer {
  const text = (body: string): HttpAnswer => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body,
  });
  const missing: HttpAnswer = { status: 404, body: 'Block not found' };
  if (method !== 'GET') return { status: 405 };
  if (path === '/api/blocks/tip/height') return text(String(chain.tip.height));
  if (path === '/api/blocks/tip/hash') return text(reversedHex(chain.tip.hash));
  const [, height] = /^\/api\/block-height\/(\d+)$/.exec(path) ?? [];
  if (height !== undefined) {
    const block = chain.at(Number(height));
    return block === null ? missing : text(reversedHex(block.hash));
  }
  const [, hash, part] = /^\/api\/block\/([0-9a-f]{64})(\/header)?$/.exec(path) ?? [];
  const block = hash === undefined ? null : blockOfHex(chain, hash);
  if (block === null) return missing;
  if (part === '/header') return text(block.header.toString('hex'));
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: reversedHex(block.hash),
      height: block.height,
      version: block.header.readUInt32LE(0),
      timestamp: block.header.readUInt32LE(68),
      bits: block.header.readUInt32LE(72),
      nonce: block.header.readUInt32LE(76),
      merkle_root: reversedHex(block.header.subarray(36, 68)),
      previousblockhash: reversedHex(block.header.subarray(4, 36)),
      tx_count: block.txids.length,
    }),
  };
}

function blockOfHex(chain: TestChain, hex: string): TestBlock | null {
  return chain.byHash(Buffer.from(hex, 'hex').reverse());
}

function describe(chain: TestChain, { height, hash, header, txids }: TestBlock): unknown {
  return {
    hash: reversedHex(hash),
    confirmations: chain.tip.height - height + 1,
    height,
    version: header.readUInt32LE(0),
    merkleroot: reversedHex(header.subarray(36, 68)),
    time: header.readUInt32LE(68),
    nonce: header.readUInt32LE(76),
    bits: header.readUInt32LE(72).toString(16),
    nTx: txids.length,
    previousblockhash: reversedHex(header.subarray(4, 36)),
  };
}
