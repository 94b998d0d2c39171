/** Anchors from the command line: from a calendar's promise to a confirmed block, and everybody who lies on the way. @module */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBitcoin, type TestBitcoin } from '../../../test/support/bitcoin.ts';
import {
  LAB_CHAIN_FILE,
  reversedHex,
  type TestBlock,
} from '../../../test/support/bitcoin-chain.ts';
import {
  CALENDAR_FAULTS,
  faultOn,
  openCalendar,
  type TestCalendar,
  UPGRADE_FAULTS,
} from '../../../test/support/calendar.ts';
import { honest } from '../../../test/support/faulty-http.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog, type ProofJson } from '../support/make-proof.ts';
import { MAIN, makeFolder } from '../support/run-cli.ts';

const LOG = makeLog(1, [{}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];
const MAGIC = '004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294';
interface Anchored extends ProofJson {
  anchors: { type: string; proof: string; headers?: string[] }[];
}

let bitcoin: TestBitcoin;
let calendar: TestCalendar;
beforeAll(async () => {
  bitcoin = await openBitcoin();
  calendar = await openCalendar(bitcoin.chain);
});
afterAll(async () => {
  await Promise.all([bitcoin.close(), calendar.close()]);
});

/** A package whose checkpoint was just stamped by the calendar. */
async function stamped(): Promise<Anchored> {
  const proof = LOG.proof(0);
  const note = String(proof.signed_tree_head.checkpoint);
  const digest = createHash('sha256').update(note).digest();
  const answer = await fetch(`${calendar.url}/digest`, {
    method: 'POST',
    body: new Uint8Array(digest),
  });
  const node = Buffer.from(await answer.arrayBuffer());
  const file = Buffer.concat([Buffer.from(`${MAGIC}0108`, 'hex'), digest, node]);
  return { ...proof, anchors: [{ type: 'opentimestamps', proof: file.toString('base64') }] };
}

const read = (folder: string): Anchored =>
  JSON.parse(readFileSync(join(folder, 'p.json'), 'utf8')) as Anchored;

/** The command on the package in a folder of its own. */
async function anchorIn(folder: string, ...words: string[]) {
  const chain = join(folder, 'chain.json');
  const run = await runInside([
    'anchor',
    join(folder, 'p.json'),
    '--chain',
    chain,
    ...KEY,
    ...words,
  ]);
  return { code: run.code, out: run.stdout + run.stderr };
}

async function stampedFolder(): Promise<string> {
  return makeFolder({ 'p.json': await stamped(), 'chain.json': LAB_CHAIN_FILE });
}

const upgradeWords = (...more: string[]): string[] => [
  '--online',
  '--upgrade',
  '--calendar',
  calendar.url,
  ...more,
];

/** The block that holds what the calendar sent last. */
function blockOfLast(): TestBlock {
  const { chain } = bitcoin;
  const block = chain.at(chain.tip.height - 5);
  if (block === null) throw new Error('the chain is too short');
  return block;
}

const rootOf = ({ header }: TestBlock): string => reversedHex(header.subarray(36, 68));

describe('the way of an anchor', () => {
  it('leads from a promise over an upgrade to a header that the user gives', async () => {
    const folder = await stampedFolder();
    const before = read(folder);
    const pending = await anchorIn(folder);
    expect(pending.code).toBe(5);
    expect(pending.out).toContain('Proof verified successfully');
    expect(pending.out).toContain('Anchor pending');

    const early = await anchorIn(folder, ...upgradeWords());
    expect(early.code).toBe(5);
    expect(read(folder)).toEqual(before);

    calendar.confirm();
    const block = blockOfLast();
    const upgraded = await anchorIn(folder, ...upgradeWords());
    expect(upgraded.code).toBe(5);
    expect(upgraded.out).toContain(`block ${block.height} of the chain "lab"`);
    expect(upgraded.out).toContain(rootOf(block));
    // A command that gives the proof its own root back would confirm anything.
    expect(upgraded.out).toContain(`--header ${block.height}:ROOT`);
    expect(read(folder).anchors[0]?.proof).not.toBe(before.anchors[0]?.proof);
    expect({ ...read(folder), anchors: [] }).toEqual({ ...before, anchors: [] });

    const asked = calendar.requests.length;
    const given = await anchorIn(folder, '--header', `${block.height}:${rootOf(block)}`);
    expect(given.code).toBe(0);
    expect(given.out).toContain('header you gave');
    expect(given.out).toContain('Level A+C');
    expect(calendar.requests.length).toBe(asked);
    const header = await anchorIn(
      folder,
      '--header',
      `${block.height}:${block.header.toString('hex')}`,
    );
    expect(header.code).toBe(0);
    expect(header.out).toContain('block time about 2026-01-15');
  });

  it('is decided by a node, by explorers, and by a file of headers', async () => {
    const folder = await stampedFolder();
    calendar.confirm();
    await anchorIn(folder, ...upgradeWords());
    const node = await anchorIn(folder, '--online', '--bitcoin-rpc', bitcoin.rpcUrl);
    expect(node.code).toBe(0);
    expect(node.out).toContain('your node');
    expect(node.out).not.toContain('not-a-real-password');
    const explorer = await anchorIn(folder, '--online', '--esplora', bitcoin.esploraUrl);
    expect(explorer.code).toBe(0);
    expect(explorer.out).toMatch(/relies on explorer 127\.0\.0\.1:/);

    const { blocks } = bitcoin.chain;
    const file = makeFolder({ bin: Buffer.concat(blocks.map(({ header }) => header)) });
    const all = join(file, 'bin');
    const known = await anchorIn(folder, '--headers', `${all}@${blocks[0]?.height}`);
    expect(known.code).toBe(0);
    expect(known.out).toContain('your header file)');
    const claimed = await anchorIn(folder, '--headers', all);
    expect(claimed.out).toContain('height as the proof claims it');
    const shifted = await anchorIn(folder, '--headers', `${all}@${(blocks[0]?.height ?? 0) + 1}`);
    expect(shifted.code).toBe(1);
  });

  it('is level C for the plain command too', async () => {
    const folder = await stampedFolder();
    calendar.confirm();
    await anchorIn(folder, ...upgradeWords());
    const stdin = JSON.stringify(read(folder));
    // A proof of another chain: its header is too easy for the main one, its root is whatever the user says.
    const block = blockOfLast();
    const words = ['-', ...KEY, '--header', `${block.height}:${rootOf(block)}`];
    const run = await runInside([...words, '--require', 'anchor', '--json'], { stdin });
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout).results[0]).toMatchObject({
      levels: ['A', 'C'],
      anchors: [{ state: 'confirmed', chain: 'mainnet', header_source: 'user' }],
    });
    const bare = await runInside(['-', ...KEY], { stdin });
    expect(bare).toMatchObject({ code: 0 });
    const required = await runInside(['-', ...KEY, '--require', 'level=C'], { stdin });
    expect(required.code).toBe(5);
    expect(required.stdout).not.toMatch(/✓|Level/);
    const wrong = await runInside(['-', ...KEY, '--header', `${block.height}:${'00'.repeat(32)}`], {
      stdin,
    });
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('[E_ANCHOR_MISMATCH]');
  });
});

describe('a calendar that lies, or is in trouble', () => {
  it.each(
    Object.keys({ ...CALENDAR_FAULTS, ...UPGRADE_FAULTS }).filter(
      (name) => !/hang|drip/.test(name),
    ),
  )('changes nothing: %s', { timeout: 30_000 }, async (name) => {
    const folder = await stampedFolder();
    calendar.confirm();
    const before = read(folder);
    const spoil = { ...CALENDAR_FAULTS, ...UPGRADE_FAULTS }[name];
    if (spoil === undefined) throw new Error(`there is no fault ${name}`);
    calendar.fault = faultOn(calendar, 'timestamp', spoil);
    try {
      const run = await anchorIn(folder, ...upgradeWords('--bitcoin-rpc', bitcoin.rpcUrl));
      expect(run.code).toBe(5);
      expect(read(folder)).toEqual(before);
    } finally {
      calendar.fault = honest;
    }
    const later = await anchorIn(folder, ...upgradeWords('--bitcoin-rpc', bitcoin.rpcUrl));
    expect(later.code).toBe(0);
  });

  it('is not asked unless it is on the list', async () => {
    const folder = await stampedFolder();
    calendar.confirm();
    const asked = calendar.requests.length;
    const run = await anchorIn(folder, '--online', '--upgrade');
    expect(run.code).toBe(5);
    expect(run.out).toContain('not on the list');
    expect(calendar.requests.length).toBe(asked);
  });
});

describe('a source of headers', () => {
  it('that says something else than another of its kind decides nothing', async () => {
    const folder = await stampedFolder();
    calendar.confirm();
    await anchorIn(folder, ...upgradeWords());
    const other = await openBitcoin();
    try {
      other.chain.mine(bitcoin.chain.blocks.length + 6);
      const both = ['--esplora', bitcoin.esploraUrl, '--esplora', other.esploraUrl];
      const run = await anchorIn(folder, '--online', ...both);
      expect(run.code).toBe(5);
      expect(run.out).toContain('contradict each other');
      const alone = await anchorIn(folder, '--online', '--esplora', other.esploraUrl);
      expect(alone.code).toBe(1);
    } finally {
      await other.close();
    }
  });

  it.each<[string, (path: string, right: Buffer) => Buffer | null]>([
    ['another header', (path) => (path.endsWith('/header') ? bitcoin.chain.tip.header : null)],
    [
      'a hash of its own',
      (path) => (/block-height/.test(path) ? Buffer.from('ff'.repeat(32)) : null),
    ],
    [
      'a path in place of a hash',
      (path) => (/block-height/.test(path) ? Buffer.from('../../x') : null),
    ],
    ['a tip below the block', (path) => (path.endsWith('tip/height') ? Buffer.from('1') : null)],
  ])('that answers with %s decides nothing', async (_, lie) => {
    const folder = await stampedFolder();
    calendar.confirm();
    await anchorIn(folder, ...upgradeWords());
    bitcoin.explorer.fault = ({ path }, right) => {
      const body = lie(path, Buffer.from(right.body ?? ''));
      return body === null
        ? null
        : { ...right, body: path.endsWith('/header') ? body.toString('hex') : body };
    };
    try {
      const run = await anchorIn(folder, '--online', '--esplora', bitcoin.esploraUrl);
      expect(run.code).toBe(5);
      expect(run.out).toContain('Anchor not decided');
    } finally {
      bitcoin.explorer.fault = honest;
    }
  });

  it('with a wrong password says so, and never the password', async () => {
    const folder = await stampedFolder();
    calendar.confirm();
    await anchorIn(folder, ...upgradeWords());
    const url = bitcoin.rpcUrl.replace('not-a-real-password', 'wrong-secret');
    const run = await anchorIn(folder, '--online', '--bitcoin-rpc', url);
    expect(run.code).toBe(5);
    expect(run.out).toContain('401');
    expect(run.out).not.toContain('wrong-secret');
  });
});

describe('a stamp beside its file', () => {
  const ots = (name: string): Buffer =>
    readFileSync(new URL(`../../../fixtures/ots/${name}`, import.meta.url));
  const header = ots('block-358391.hex').toString().trim();

  it('is the public example: confirmed by the true header, contradicted by another root', async () => {
    const names = ['hello-world.txt', 'hello-world.txt.ots'];
    const folder = makeFolder(Object.fromEntries(names.map((name) => [name, ots(name)])));
    const file = join(folder, 'hello-world.txt.ots');
    const good = await runInside(['anchor', file, '--header', `358391:${header}`]);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain(
      'existed before Bitcoin block 358391 (block time about 2015-05-28; header you gave)',
    );
    const open = await runInside(['anchor', file]);
    expect(open.code).toBe(5);
    expect(open.stdout).toContain('--header 358391:ROOT');
    expect(open.stdout).toContain('Merkle root 8a1b66ec');
    const wrong = await runInside(['anchor', file, '--header', `358391:${'8a'.repeat(32)}`]);
    expect(wrong.code).toBe(1);
    const changed = makeFolder({ 'a.txt': 'Hallo', 'a.txt.ots': ots('hello-world.txt.ots') });
    const other = await runInside([
      'anchor',
      join(changed, 'a.txt.ots'),
      '--header',
      `358391:${header}`,
    ]);
    expect(other.code).toBe(1);
    expect(other.stdout).toContain('other bytes');
  });

  it('is malformed when cut, and unreadable without its file', async () => {
    const folder = makeFolder({
      a: 'x',
      'a.ots': ots('hello-world.txt.ots').subarray(0, -1),
      'b.ots': ots('hello-world.txt.ots'),
    });
    expect((await runInside(['anchor', join(folder, 'a.ots')])).code).toBe(3);
    expect((await runInside(['anchor', join(folder, 'b.ots')])).code).toBe(6);
  });

  it('is brought forward like the anchor of a package', async () => {
    const proof = await stamped();
    const folder = makeFolder({
      checkpoint: String(proof.signed_tree_head.checkpoint),
      'checkpoint.ots': Buffer.from(proof.anchors[0]?.proof ?? '', 'base64'),
      'chain.json': LAB_CHAIN_FILE,
    });
    calendar.confirm();
    const words = ['anchor', join(folder, 'checkpoint.ots'), '--chain', join(folder, 'chain.json')];
    expect((await runInside(words)).code).toBe(5);
    const upgrade = [...words, ...upgradeWords('--esplora', bitcoin.esploraUrl)];
    expect((await runInside(upgrade)).code).toBe(0);
    const block = blockOfLast();
    const given = await runInside([...words, '--header', `${block.height}:${rootOf(block)}`]);
    expect(given.code).toBe(0);
  });
});

describe('inspect', () => {
  it('says what the file claims, without a verdict', async () => {
    const proof = await stamped();
    const run = await runInside(['inspect', '-'], { stdin: JSON.stringify(proof) });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`OpenTimestamps: waiting at ${calendar.url}`);
    const anchors = [{ type: 'opentimestamps', proof: 'AAAA' }];
    const broken = await runInside(['inspect', '-'], {
      stdin: JSON.stringify({ ...proof, anchors }),
    });
    expect(broken.stdout).toContain('cannot be read: E_FIELD');
    expect(run.stdout + broken.stdout).not.toMatch(/✓|verified/);
  });
});

describe('what does not go together', () => {
  it.each([
    ['--esplora', 'https://a.example'],
    ['--upgrade'],
    ['--online'],
    ['--online', '--esplora', 'http://a.example'],
    ['--online', '--upgrade', '--calendar', 'https://a.example/path'],
    ['--online', '--bitcoin-rpc', 'http://user:%zz@127.0.0.1:1'],
    ['--header', '1:2'],
    ['--header', `1:${'00'.repeat(80)}`],
    ['--chain', MAIN],
  ])('is a mistake of the command line: %s %s %s', async (...words) => {
    const folder = makeFolder({ 'p.json': LOG.proof(0) });
    const run = await runInside(['anchor', join(folder, 'p.json'), ...KEY, ...words]);
    expect(run.code).toBe(2);
    expect(run.stdout).toBe('');
  });

  it('is no anchor at all: the proof is told, and the requirement is not met', async () => {
    const folder = makeFolder({ 'p.json': LOG.proof(0) });
    const run = await runInside(['anchor', join(folder, 'p.json'), ...KEY]);
    expect(run.code).toBe(4);
    expect(run.stdout).toContain('No anchor was checked: none in the file');
  });
});
