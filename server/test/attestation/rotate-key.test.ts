/** Key rotation: whoever begins it, wherever it is struck, and however many run it, one key follows another. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { equalBytes, hexFromBytes, parseKeyLeaf, verifyKeyChain } from '@kapsel/verification';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CheckedTree, checkTree } from '../../../test/support/check-log.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { type Rotation, type RotationWish, rotateKey } from '../../src/attestation/rotate-key.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { type SignHeadDeps, signHead } from '../../src/attestation/sign-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { systemClock } from '../../src/base/clock.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { createKeyRing, openLogSigner } from '../../src/keys/key-ring.ts';
import { KeyError } from '../../src/keys/signer.ts';
import { listKeyStatements } from '../../src/keys/statement-store.ts';
import { type AttestationKey, listAttestationKeys } from '../../src/keys/store.ts';
import { haltLog, tryLockSigning } from '../../src/logs/store.ts';
import { type Fault, failAt, watched } from '../support/faulty-pool.ts';
import {
  type Bench,
  type BenchLog,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';
import { memoryHeads } from '../support/published-memory.ts';

let bench: Bench;
let log: BenchLog;
let folder: string;
let places: KeyPlaces;
let published = memoryHeads();
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kapsel-rotate-'));
  await newLog();
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => bench.close());

/** Places of another process on the same folder: nothing is remembered. */
const openPlaces = (): KeyPlaces =>
  new KeyPlaces({
    firstKeyFile: path.join(folder, `${log.id}.pem`),
    keysDir: path.join(folder, 'keys'),
    passphrase: null,
    environment: null,
  });

async function newLog(): Promise<void> {
  log = await makeLog(bench.pool);
  places = openPlaces();
  published = memoryHeads();
  await openLogSigner(bench.pool, log, places, systemClock.nowMs());
  await grow(3);
  await sign();
}

const depsOf = (pool: Pool = bench.pool): Omit<SignHeadDeps, 'pace'> => ({
  pool,
  clock: systemClock,
  ring: createKeyRing(places),
  published,
});

const sign = (): Promise<TreeHead | null> =>
  signHead({ ...depsOf(), pace: { growingMs: 0, idleMs: 0 } }, log);

async function grow(count: number): Promise<void> {
  await settleAttempts(bench.pool, log, count);
  await sequence(bench.pool, log);
}

const PLANNED: RotationWish = { nextSigner: () => places.make(), stolenAtMs: null };
const stolenAt = (stolenAtMs: number): RotationWish => ({ ...PLANNED, stolenAtMs });

function rotate(wish: RotationWish = PLANNED, pool: Pool = bench.pool): Promise<Rotation> {
  return rotateKey({ ...depsOf(pool), places: openPlaces() }, log, wish);
}

const keysOf = (): Promise<AttestationKey[]> => listAttestationKeys(bench.pool, log.id);
const statesOf = async (): Promise<string[]> => (await keysOf()).map(({ state }) => state);

/** All of the log holds, and the statements lead from its first key to that of its newest head. */
async function checkRotated(): Promise<CheckedTree> {
  const checked = await checkTree(bench.pool, log);
  const head = checked.heads.at(-1);
  if (head === undefined) throw new Error('no head');
  const statements = await listKeyStatements(bench.pool, log.id);
  for (const { leafIndex, leafHash } of statements) {
    const hash = checked.tree.hashOfNode({ level: 0, index: leafIndex ?? -1 });
    expect(hexFromBytes(leafHash)).toBe(hexFromBytes(hash));
    expect(Number(head.treeSize)).toBeGreaterThan(leafIndex ?? Number.POSITIVE_INFINITY);
  }
  const chain = verifyKeyChain(
    statements.map(({ leafData }) => ({ leafData, inclusionProof: null })),
    head,
  );
  const keys = await keysOf();
  expect(chain.keys.map(hexFromBytes)).toEqual(
    keys.map(({ publicKey }) => hexFromBytes(publicKey)),
  );
  expect(keys.map(({ state }) => state === 'active')).toEqual(
    keys.map((_, i) => i === keys.length - 1),
  );
  // Nobody looks for a head of a key outside the time of that key.
  for (const { publicKey, timestampMs } of checked.heads) {
    const key = keys.find((each) => equalBytes(each.publicKey, publicKey));
    if (key?.state === 'revoked') continue;
    expect(timestampMs).toBeGreaterThanOrEqual(key?.validFromMs ?? Number.POSITIVE_INFINITY);
    expect(timestampMs).toBeLessThan(key?.validUntilMs ?? Number.POSITIVE_INFINITY);
  }
  return checked;
}

describe('a planned rotation', () => {
  it('logs the statement, lets the old key sign once more, then signs with the new one', async () => {
    const old = (await findNewestHead(bench.pool, log.id))?.publicKey;
    const { publicKey, isNew, firstHead } = await rotate();
    expect(isNew).toBe(true);
    expect(firstHead?.publicKey).toEqual(publicKey);
    const { heads } = await checkRotated();
    // A head of 3 leaves, one with the statement, and one of the same size by the new key.
    expect(heads.map((head) => [Number(head.treeSize), head.publicKey])).toEqual([
      [3, new Uint8Array(old ?? [])],
      [4, new Uint8Array(old ?? [])],
      [4, publicKey],
    ]);
    const [statement] = await listKeyStatements(bench.pool, log.id);
    const leaf = parseKeyLeaf(statement?.leafData ?? '');
    expect(leaf).toMatchObject({ action: 'rotate', log: log.origin, publicKey });
    expect(leaf.previousPublicKey).toEqual(new Uint8Array(old ?? []));
    expect(await statesOf()).toEqual(['retired', 'active']);
  });

  it('may be followed by others, and by leaves', async () => {
    for (let i = 0; i < 3; i++) {
      await rotate();
      await grow(2);
      await sign();
    }
    await checkRotated();
    expect(await statesOf()).toEqual(['retired', 'retired', 'retired', 'active']);
  });

  it('takes a key that the operator made', async () => {
    const mine = await places.make();
    const { publicKey } = await rotate({ nextSigner: async () => mine, stolenAtMs: null });
    expect(publicKey).toEqual(mine.publicKey);
    await checkRotated();
  });

  it('is refused without the key that signs now, and when the log is halted', async () => {
    const elsewhere = new KeyPlaces({ ...places.settings, firstKeyFile: path.join(folder, 'no') });
    const deps = { ...depsOf(), places: elsewhere };
    await expect(rotateKey(deps, log, PLANNED)).rejects.toThrow(KeyError);
    await haltLog(bench.pool, log.id, 'test');
    await expect(rotate()).rejects.toThrow('halted');
    expect(await statesOf()).toEqual(['active']);
    expect(await listKeyStatements(bench.pool, log.id)).toEqual([]);
  });

  it('does not go on with a next key that this process does not hold', async () => {
    const other = new KeyPlaces({ ...places.settings, keysDir: path.join(folder, 'other') });
    await announceOnly({ ...PLANNED, nextSigner: () => other.make() });
    await expect(rotate()).rejects.toThrow(KeyError);
    expect(await statesOf()).toEqual(['active', 'announced']);
    await rotateKey({ ...depsOf(), places: other }, log, PLANNED);
  });
});

/** Ends right after the commit of the announcement, as a crash would. */
async function announceOnly(wish: RotationWish): Promise<void> {
  let begun = 0;
  const pool = transactionsOf(
    watched(bench.pool, (text, values) => {
      begun += text.startsWith('BEGIN') ? 1 : 0;
      if (begun > 1) throw new Error('struck');
      return values;
    }),
  );
  await expect(rotate(wish, pool)).rejects.toThrow('struck');
}

/** Transactions run through `pool`; what is asked outside of them only reads. */
function transactionsOf(pool: Pool): Pool {
  return {
    connect: () => pool.connect(),
    query: bench.pool.query.bind(bench.pool),
  } as unknown as Pool;
}

describe('a rotation that ends anywhere', () => {
  const wishes: [string, () => RotationWish][] = [
    ['planned', () => PLANNED],
    ['after a theft', () => stolenAt(systemClock.nowMs() - 1_000)],
  ];

  /** Runs it struck at one statement, then again whole; false when there was no such statement. */
  async function crashAndResume(wish: RotationWish, at: number, fault: Fault): Promise<boolean> {
    await newLog();
    const faulty = failAt(bench.pool, at, fault);
    await rotate(wish, transactionsOf(faulty.pool)).catch(() => undefined);
    if (!faulty.struck()) return false;
    // The rotation may be done although the first head under the new key was not signed.
    const states = await statesOf();
    if (states.length === 1 || states.includes('announced')) await rotate(wish);
    await grow(1);
    await sign();
    const last = faulty.statements.at(-1);
    expect(await statesOf(), `${fault} ${last}`).toEqual([expect.any(String), 'active']);
    await checkRotated();
    return true;
  }

  it.each(wishes)(
    'is finished by the next run, whichever statement failed: %s',
    async (_name, wishOf) => {
      let at = 0;
      while (await crashAndResume(wishOf(), at, 'before')) at++;
      expect(at).toBeGreaterThan(30);
    },
    60_000,
  );

  it.each(wishes)(
    'is finished by the next run after each commit: %s',
    async (_name, wishOf) => {
      const whole = failAt(bench.pool, Number.POSITIVE_INFINITY, 'before');
      await rotate(wishOf(), transactionsOf(whole.pool));
      const commits = whole.statements.flatMap((text, at) => (text === 'COMMIT' ? [at] : []));
      expect(commits.length).toBeGreaterThanOrEqual(4);
      for (const at of commits) expect(await crashAndResume(wishOf(), at, 'after')).toBe(true);
    },
    60_000,
  );

  it('leaves a log that goes on: leaves are sequenced, and the old key signs until the switch', async () => {
    await announceOnly(PLANNED);
    const old = (await findNewestHead(bench.pool, log.id))?.publicKey;
    await grow(2);
    expect((await sign())?.publicKey).toEqual(new Uint8Array(old ?? []));
    const { isNew } = await rotate();
    expect(isNew).toBe(false);
    await checkRotated();
  });

  it('waits for a head as late as the statement, also where a server’s clock is behind', async () => {
    await announceOnly(PLANNED);
    await sequence(bench.pool, log);
    const behind = { ...systemClock, nowMs: () => systemClock.nowMs() - 86_400_000 };
    const pace = { growingMs: 0, idleMs: 0 };
    const early = await signHead({ ...depsOf(), clock: behind, pace }, log);
    const [statement] = await listKeyStatements(bench.pool, log.id);
    expect(early?.treeSize).toBe(4);
    expect(early?.timestampMs).toBeLessThan(statement?.validFromMs ?? 0);
    const old = early?.publicKey;
    const { publicKey } = await rotate();
    await grow(1);
    await signHead({ ...depsOf(), clock: behind, pace }, log);
    const { heads } = await checkRotated();
    expect(heads.map((head) => [Number(head.treeSize), head.publicKey])).toEqual([
      [3, old],
      [4, old],
      [4, old],
      [4, publicKey],
      [5, publicKey],
    ]);
  });
});

describe('a rotation beside others', () => {
  it('is one rotation, however many run it at once', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => rotate()));
    const keys = new Set(runs.map(({ publicKey }) => hexFromBytes(publicKey)));
    expect(keys.size).toBe(1);
    expect(runs.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await statesOf()).toEqual(['retired', 'active']);
    await checkRotated();
  });

  it('waits for its first head while another process is at the heads of the log', async () => {
    const other = await bench.pool.connect();
    try {
      await other.query('BEGIN');
      expect(await tryLockSigning(other, log.id)).toBe(true);
      const running = rotate(stolenAt(systemClock.nowMs()));
      await expect.poll(statesOf, { timeout: 10_000 }).toEqual(['revoked', 'active']);
      await other.query('ROLLBACK');
      expect((await running).firstHead).not.toBeNull();
      await checkRotated();
    } finally {
      other.release();
    }
  });

  it('is one rotation when one of them says that the key was stolen', async () => {
    const runs = await Promise.all([rotate(), rotate(stolenAt(systemClock.nowMs())), rotate()]);
    expect(new Set(runs.map(({ publicKey }) => hexFromBytes(publicKey))).size).toBeLessThan(3);
    const { heads } = await checkRotated();
    expect(await statesOf()).toContain('revoked');
    expect(heads.length).toBeGreaterThan(1);
  });

  it.each<[string, () => RotationWish, string[]]>([
    ['planned', () => PLANNED, ['retired', 'active']],
    ['after a theft', () => stolenAt(systemClock.nowMs()), ['revoked', 'active']],
  ])(
    'takes one that was finished meanwhile for its own, and never touches the next key: %s',
    async (_name, wishOf, states) => {
      const others: Rotation[] = [];
      const pool = watched(bench.pool, async (text, values) => {
        if (text.startsWith('BEGIN') && others.length === 0) others.push(await rotate());
        return values;
      });
      const { isNew, publicKey } = await rotate(wishOf(), transactionsOf(pool));
      expect([isNew, publicKey]).toEqual([false, others[0]?.publicKey]);
      expect(await statesOf()).toEqual(states);
      await grow(1);
      await sign();
      await checkRotated();
    },
  );

  it('revokes nothing when the key was changed more than once meanwhile', async () => {
    let others = 0;
    const pool = watched(bench.pool, async (text, values) => {
      if (text.startsWith('BEGIN') && others++ === 0) {
        await rotate();
        await rotate();
      }
      return values;
    });
    const run = rotate(stolenAt(systemClock.nowMs()), transactionsOf(pool));
    await expect(run).rejects.toThrow('nothing was revoked');
    expect(await statesOf()).toEqual(['retired', 'retired', 'active']);
    await checkRotated();
  });

  it('never lets both keys sign while servers sequence and sign all the time', async () => {
    const stopping = new AbortController();
    const serve = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        await sign();
        await sequence(bench.pool, log);
      }
    };
    const servers = [serve(), serve()];
    for (let i = 0; i < 4; i++) {
      await settleAttempts(bench.pool, log, 5);
      await rotate(i === 2 ? stolenAt(systemClock.nowMs()) : PLANNED);
    }
    stopping.abort();
    await Promise.all(servers);
    const { heads } = await checkRotated();
    expect(await statesOf()).toEqual(['retired', 'retired', 'revoked', 'retired', 'active']);
    expect(heads.length).toBeGreaterThan(8);
  });
});

describe('an emergency', () => {
  it('revokes the old key by the new one, and the head that follows is the new key’s', async () => {
    const old = await findNewestHead(bench.pool, log.id);
    const timeMs = systemClock.nowMs() - 3_600_000;
    const { publicKey } = await rotate(stolenAt(timeMs));
    const { heads } = await checkRotated();
    expect(heads.map((head) => [Number(head.treeSize), head.publicKey])).toEqual([
      [3, new Uint8Array(old?.publicKey ?? [])],
      [5, publicKey],
    ]);
    const leaves = (await listKeyStatements(bench.pool, log.id)).map(({ leafData }) =>
      parseKeyLeaf(leafData),
    );
    expect(leaves.map(({ action }) => action)).toEqual(['rotate', 'revoke']);
    expect(leaves[1]).toMatchObject({ validFromMs: timeMs, possession: null });
    expect(leaves[1]?.publicKey).toEqual(new Uint8Array(old?.publicKey ?? []));
    expect(leaves[1]?.previousPublicKey).toEqual(publicKey);
    expect((await keysOf())[0]).toMatchObject({ state: 'revoked', validUntilMs: timeMs });
  });

  it('switches the old key off with its first commit, and heads wait for the new one', async () => {
    await announceOnly(stolenAt(systemClock.nowMs()));
    await grow(2);
    expect(await sign()).toBeNull();
    expect(await statesOf()).toEqual(['revoked', 'announced']);
    // A server that starts now serves what is signed, and signs nothing.
    expect(await openLogSigner(bench.pool, log, openPlaces(), systemClock.nowMs())).toBeNull();
    await rotate();
    await checkRotated();
  });

  it('takes over a rotation that was begun as a planned one', async () => {
    await announceOnly(PLANNED);
    const { isNew } = await rotate(stolenAt(systemClock.nowMs() - 5));
    expect(isNew).toBe(false);
    expect(await statesOf()).toEqual(['revoked', 'active']);
    await checkRotated();
  });

  it('holds under a server whose clock is behind', async () => {
    const { publicKey } = await rotate(stolenAt(systemClock.nowMs()));
    await grow(1);
    const behind = { ...systemClock, nowMs: () => systemClock.nowMs() - 86_400_000 };
    const pace = { growingMs: 0, idleMs: 0 };
    const head = await signHead({ ...depsOf(), clock: behind, pace }, log);
    expect(head?.publicKey).toEqual(publicKey);
    await checkRotated();
  });
});
