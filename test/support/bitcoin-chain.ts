/** A chain of real Bitcoin blocks at the difficulty of regtest: real transactions, real block trees, real work, nobody's money. @module */
import { randomBytes } from 'node:crypto';
import { follow, type OtsStep, sha256 } from './ots-writer.ts';

export interface TestBlock {
  readonly height: number;
  readonly header: Buffer;
  /** In the order of its bytes; explorers and nodes show it reversed. */
  readonly hash: Buffer;
  readonly txids: readonly Buffer[];
}

/** A digest in the chain. */
export interface Commitment {
  readonly txid: Buffer;
  /** Null while it waits for a block. */
  readonly height: number | null;
  /** From the digest to the Merkle root of its block. */
  readonly steps: readonly OtsStep[];
}

export interface TestChain {
  readonly blocks: readonly TestBlock[];
  readonly tip: TestBlock;
  at(height: number): TestBlock | null;
  byHash(hash: Buffer): TestBlock | null;
  /** Puts a transaction that commits to the digest into the next block. */
  send(digest: Buffer): Buffer;
  find(txid: Buffer): Commitment | null;
  /** Mines so many blocks, the first with what waits. */
  mine(count: number): TestBlock;
  /** Takes blocks off the end, as a reorganisation does; their transactions are lost. */
  rewind(count: number): void;
}

export const REGTEST_BITS = 0x207fffff;
const REGTEST_TARGET = 0x7fffffn << (8n * (0x20n - 3n));

export const doubleSha256 = (bytes: Uint8Array): Buffer => sha256(sha256(bytes));
export const reversedHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes).reverse().toString('hex');

interface Transaction {
  readonly digest: Buffer;
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly txid: Buffer;
}

export function createChain({
  baseHeight = 100,
  timeS = 1_768_500_000,
  secondsPerBlock = 600,
}: {
  readonly baseHeight?: number;
  readonly timeS?: number;
  readonly secondsPerBlock?: number;
} = {}): TestChain {
  const blocks: TestBlock[] = [];
  const waiting: Transaction[] = [];
  const mined = new Map<string, Commitment>();

  const mineOne = (): TestBlock => {
    const ours = waiting.splice(0);
    const txids = [randomBytes(32), ...ours.map(({ txid }) => txid)];
    // At least three and an odd number, so that the last one is paired with itself.
    while (txids.length < 3 || txids.length % 2 === 0) txids.push(randomBytes(32));
    const { root, steps } = blockTree(txids);
    const height = baseHeight + blocks.length;
    const header = work(
      blocks.at(-1)?.hash ?? Buffer.alloc(32),
      root,
      timeS + blocks.length * secondsPerBlock,
    );
    for (const [i, { head, tail, txid }] of ours.entries()) {
      const toTxid: OtsStep[] = [['prepend', head], ['append', tail], ['sha256'], ['sha256']];
      const way = [...toTxid, ...(steps[i + 1] ?? [])];
      mined.set(txid.toString('hex'), { txid, height, steps: way });
    }
    const block = { height, header, hash: doubleSha256(header), txids };
    blocks.push(block);
    return block;
  };

  const chain: TestChain = {
    blocks,
    get tip() {
      const last = blocks.at(-1);
      if (last === undefined) throw new TypeError('the chain is empty');
      return last;
    },
    at: (height) => blocks[height - baseHeight] ?? null,
    byHash: (hash) => blocks.find((block) => block.hash.equals(hash)) ?? null,
    send(digest) {
      const transaction = makeTransaction(digest);
      waiting.push(transaction);
      return transaction.txid;
    },
    find(txid) {
      const known = mined.get(txid.toString('hex'));
      if (known !== undefined) return known;
      const isWaiting = waiting.some((each) => each.txid.equals(txid));
      return isWaiting ? { txid, height: null, steps: [] } : null;
    },
    mine(count) {
      for (let i = 0; i < count; i += 1) mineOne();
      return chain.tip;
    },
    rewind(count) {
      const gone = blocks.splice(Math.max(0, blocks.length - count));
      for (const [txid, { height }] of mined) {
        if (gone.some((block) => block.height === height)) mined.delete(txid);
      }
    },
  };
  chain.mine(1);
  return chain;
}

/**
 *   version 4 | 1 input: 32 + 4 | script 0 | sequence 4 | 2 outputs
 *   value 8 | 22 6a 20 <digest> | value 8 | 16 00 14 <20> | lock time 4
 */
function makeTransaction(digest: Buffer): Transaction {
  if (digest.length !== 32) throw new TypeError('a digest has 32 bytes');
  const head = Buffer.concat([
    Buffer.from('01000000', 'hex'),
    Buffer.from('01', 'hex'),
    randomBytes(32),
    Buffer.from('0000000000fdffffff', 'hex'),
    Buffer.from('020000000000000000226a20', 'hex'),
  ]);
  const tail = Buffer.concat([
    Buffer.from('e803000000000000160014', 'hex'),
    randomBytes(20),
    Buffer.alloc(4),
  ]);
  return { digest, head, tail, txid: doubleSha256(Buffer.concat([head, digest, tail])) };
}

/** Double SHA-256, an odd last one paired with itself. Answers the steps of each transaction to the root. */
function blockTree(txids: readonly Buffer[]): { root: Buffer; steps: OtsStep[][] } {
  const steps: OtsStep[][] = txids.map(() => []);
  let level = txids.map((hash, i) => ({ hash, under: [i] }));
  while (level.length > 1) {
    const next: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i];
      if (left === undefined) continue;
      const right = level[i + 1] ?? { hash: left.hash, under: [] };
      for (const leaf of left.under) {
        steps[leaf]?.push(['append', right.hash], ['sha256'], ['sha256']);
      }
      for (const leaf of right.under) {
        steps[leaf]?.push(['prepend', left.hash], ['sha256'], ['sha256']);
      }
      const hash = doubleSha256(Buffer.concat([left.hash, right.hash]));
      next.push({ hash, under: [...left.under, ...right.under] });
    }
    level = next;
  }
  const root = level[0]?.hash ?? Buffer.alloc(32);
  for (const [i, txid] of txids.entries()) {
    if (!follow(txid, steps[i] ?? []).equals(root)) throw new Error('a path misses the root');
  }
  return { root, steps };
}

/** Two hashes on average. */
function work(previous: Buffer, root: Buffer, timeS: number): Buffer {
  const header = Buffer.alloc(80);
  header.writeUInt32LE(0x20000000, 0);
  previous.copy(header, 4);
  root.copy(header, 36);
  header.writeUInt32LE(timeS, 68);
  header.writeUInt32LE(REGTEST_BITS, 72);
  for (let nonce = 0; ; nonce += 1) {
    header.writeUInt32LE(nonce, 76);
    if (BigInt(`0x${reversedHex(doubleSha256(header))}`) <= REGTEST_TARGET) return header;
  }
}

/** The chain file of these chains. */
export const LAB_CHAIN_FILE: string = JSON.stringify({
  format: 'kapsel.chain/v1',
  name: 'lab',
  pow_limit_bits: REGTEST_BITS.toString(16),
  retargets: false,
  pins: [],
});
