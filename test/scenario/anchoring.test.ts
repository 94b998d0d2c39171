/** From a delivered webhook to a block: the built server, killed on the way, and the built verifier, which asks nobody. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openBitcoin, type TestBitcoin } from '../support/bitcoin.ts';
import { LAB_CHAIN_FILE, reversedHex } from '../support/bitcoin-chain.ts';
import { openCalendar, type TestCalendar } from '../support/calendar.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import { runVerifier } from '../support/run-program.ts';
import {
  ApiClient,
  type AttemptJson,
  type ServerProcess,
  type Settings,
  startServer,
  testSettings,
} from '../support/server-process.ts';

/** What is used of npm's library; it has no types. */
interface NpmFile {
  readonly fileDigest: () => Uint8Array;
}
interface Npm {
  readonly DetachedTimestampFile: {
    deserialize(bytes: Uint8Array): NpmFile;
    fromBytes(operation: object, bytes: Uint8Array): NpmFile;
  };
  readonly Ops: { readonly OpSHA256: new () => object };
  verify(
    proof: NpmFile,
    stamped: NpmFile,
    options: object,
  ): Promise<{ readonly bitcoin?: { readonly height: number; readonly timestamp: number } }>;
}
const npm = createRequire(import.meta.url)('opentimestamps') as Npm;

let database: TestDatabase;
let folder: string;
let receiver: ReceiverProcess;
let bitcoin: TestBitcoin;
let calendars: TestCalendar[];
let settings: Settings;
let chainFile: string;
const servers: ServerProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-anchored-'));
  receiver = await startReceiver();
  bitcoin = await openBitcoin();
  calendars = [await openCalendar(bitcoin.chain), await openCalendar(bitcoin.chain)];
  chainFile = join(folder, 'lab.json');
  await writeFile(chainFile, LAB_CHAIN_FILE);
  settings = {
    ...testSettings(database.connectionString, folder),
    KAPSEL_ANCHOR_CALENDARS: calendars.map(({ url }) => url).join(','),
    KAPSEL_ANCHOR_INTERVAL_MS: '100',
    KAPSEL_ANCHOR_POLL_MS: '100',
    KAPSEL_ANCHOR_BITCOIN_RPC: bitcoin.rpcUrl,
    KAPSEL_ANCHOR_CHAIN_FILE: chainFile,
  };
});
afterAll(async () => {
  vi.restoreAllMocks();
  for (const server of servers) await server.end();
  await Promise.all([bitcoin.close(), ...calendars.map((each) => each.close())]);
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

interface BlockchainProof {
  readonly status: string;
  readonly tree_size: number;
  readonly checkpoint: string;
  readonly ots: string;
  readonly block_height: number | null;
  readonly package: object;
}

const proofWhen = (
  api: ApiClient,
  attempt: AttemptJson,
  status: string,
): Promise<BlockchainProof> =>
  vi.waitFor(
    async () => {
      const path = `/attestation/blockchain-proof/${attempt.delivery_attempt_id}`;
      const proof: BlockchainProof = JSON.parse(await api.text('GET', path));
      expect(proof.status).toBe(status);
      return proof;
    },
    { interval: 50, timeout: 20_000 },
  );

async function serve(): Promise<ServerProcess> {
  const server = await startServer(settings);
  servers.push(server);
  return server;
}

/** While no server runs: as if a minute had passed. */
async function letLeasesEnd(): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('UPDATE anchors SET lease_until = NULL');
  await client.end();
}

/** `kapsel-verify anchor` with the key of the log and the chain of the test. */
async function anchor(
  server: ServerProcess,
  text: string,
  ...words: readonly string[]
): Promise<{ code: number | null; stdout: string }> {
  const file = join(folder, 'proof.kapsel.json');
  await writeFile(file, text);
  const key = ['--public-key', server.publicKey, '--chain', chainFile];
  return runVerifier('anchor', file, ...key, ...words);
}

it('a delivery is stamped, promised, brought into a block, and proven to stand in it', async () => {
  const first = await serve();
  const api = new ApiClient(first.url, first.apiKey ?? '');
  const eventId = await api.ingest(await api.endpoint(receiver.url), 'hello');
  const event = await api.eventWhen(eventId, ({ status }) => status === 'delivered');
  const [attempt] = event.attempts;
  if (attempt === undefined) throw new Error('a delivered event has an attempt');

  const promised = await proofWhen(api, attempt, 'pending');
  const early = await anchor(first, JSON.stringify(promised.package));
  expect([early.code, early.stdout]).toEqual([5, expect.stringContaining('pending')]);
  expect(early.stdout).toContain('Proof verified');

  // Nothing that matters is in the process alone.
  await first.end('SIGKILL');
  await letLeasesEnd();
  for (const calendar of calendars) calendar.confirm();
  const second = await serve();
  api.url = second.url;
  const confirmed = await proofWhen(api, attempt, 'confirmed');
  expect([confirmed.tree_size, confirmed.checkpoint]).toEqual([
    promised.tree_size,
    promised.checkpoint,
  ]);

  const height = confirmed.block_height ?? 0;
  const block = bitcoin.chain.at(height);
  if (block === null) throw new Error('no such block');
  const path = `/attestation/download-proof/${attempt.delivery_attempt_id}?anchor=require`;
  const text = await api.text('GET', path);
  const root = reversedHex(block.header.subarray(36, 68));
  const given = await anchor(second, text, '--header', `${height}:${root}`);
  expect([given.code, given.stdout]).toEqual([0, expect.stringContaining(`${height}`)]);
  // Without a header it is left open, with another one it is contradicted.
  expect((await anchor(second, text)).code).toBe(5);
  expect((await anchor(second, text, '--header', `${height}:${'00'.repeat(32)}`)).code).toBe(1);
  const online = ['--online', '--esplora', bitcoin.esploraUrl];
  expect((await anchor(second, text, ...online)).code).toBe(0);

  // The package of before, brought further by its holder, without the server.
  const allowed = calendars.flatMap(({ url }) => ['--calendar', url]);
  const node = ['--online', '--upgrade', '--bitcoin-rpc', bitcoin.rpcUrl];
  const upgraded = await anchor(second, JSON.stringify(promised.package), ...node, ...allowed);
  expect([upgraded.code, upgraded.stdout]).toEqual([0, expect.stringContaining(`${height}`)]);
}, 60_000);

it('gives the two files that prove the head to anybody', async () => {
  const server = servers.at(-1);
  if (server === undefined) throw new Error('no server');
  const get = async (path: string) => {
    const answer = await fetch(`${server.url}/attestation/anchors${path}`);
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const { anchors } = JSON.parse((await get('')).toString()) as {
    anchors: { tree_size: number; status: string }[];
  };
  const [anchored] = anchors.filter(({ status }) => status === 'confirmed');
  const checkpoint = await get(`/${anchored?.tree_size}/checkpoint`);
  const ots = await get(`/${anchored?.tree_size}/checkpoint.ots`);
  // Somebody else's program, which is told of our explorer, asks no calendar, and says more than is wanted.
  for (const name of ['log', 'error'] as const) {
    vi.spyOn(globalThis.console, name).mockReturnValue(undefined);
  }
  const { DetachedTimestampFile, Ops } = npm;
  const options = { ignoreBitcoinNode: true, url: bitcoin.esploraUrl };
  const stamped = DetachedTimestampFile.fromBytes(new Ops.OpSHA256(), checkpoint);
  const found = await npm.verify(DetachedTimestampFile.deserialize(ots), stamped, options);
  const block = bitcoin.chain.at(found.bitcoin?.height ?? 0);
  expect(found.bitcoin?.timestamp).toBe(block?.header.readUInt32LE(68));
  const other = DetachedTimestampFile.fromBytes(new Ops.OpSHA256(), Buffer.from('another file'));
  await expect(
    (async () => npm.verify(DetachedTimestampFile.deserialize(ots), other, options))(),
  ).rejects.toThrow();
  expect((await server.end()).code).toBe(0);
});
