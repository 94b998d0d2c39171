/** The loopback calendar and the fake node: real nodes, real blocks, real work, recomputed here step by step. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openBitcoin, type TestBitcoin } from '../support/bitcoin.ts';
import { doubleSha256, reversedHex } from '../support/bitcoin-chain.ts';
import { openCalendar, type TestCalendar } from '../support/calendar.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function bench(): Promise<{ bitcoin: TestBitcoin; calendar: TestCalendar }> {
  const bitcoin = await openBitcoin();
  const calendar = await openCalendar(bitcoin.chain);
  opened.push(bitcoin, calendar);
  return { bitcoin, calendar };
}

/** Follows a node without forks by the bytes, and answers the last message and what stands there. */
function walk(bytes: Buffer, message: Buffer): { message: Buffer; tag: string; payload: Buffer } {
  let [at, current] = [0, message];
  const varuint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  for (;;) {
    const tag = take(1)[0];
    if (tag === 0x08) current = createHash('sha256').update(current).digest();
    else if (tag === 0xf0) current = Buffer.concat([current, take(varuint())]);
    else if (tag === 0xf1) current = Buffer.concat([take(varuint()), current]);
    else if (tag === 0x00) {
      const name = take(8).toString('hex');
      const payload = take(varuint());
      expect(at).toBe(bytes.length);
      return { message: current, tag: name, payload };
    } else throw new Error(`tag ${tag}`);
  }
}

async function post(calendar: TestCalendar, digest: Buffer): Promise<Buffer> {
  const answer = await fetch(`${calendar.url}/digest`, {
    method: 'POST',
    body: new Uint8Array(digest),
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/octet-stream',
  ]);
  return Buffer.from(await answer.arrayBuffer());
}

describe('the calendar', () => {
  it('leads from a digest to its commitment, and from there to the root of a block', async () => {
    const { bitcoin, calendar } = await bench();
    const digest = createHash('sha256').update('abc').digest();
    const stamp = walk(await post(calendar, digest), digest);
    expect(stamp.tag).toBe('83dfe30d2ef90c8e');
    expect(stamp.payload.subarray(1).toString()).toBe(calendar.url);
    expect(stamp.message.length).toBe(44);
    const ask = () => fetch(`${calendar.url}/timestamp/${stamp.message.toString('hex')}`);
    const words: string[] = [];
    for (const step of [() => calendar.broadcast(), () => bitcoin.chain.mine(5)]) {
      words.push(await (await ask()).text());
      step();
    }
    words.push(await (await ask()).text());
    expect(words.map((text) => text.replace(/[0-9a-f]{64}/, 'TXID'))).toEqual([
      'Pending confirmation in Bitcoin blockchain',
      'Timestamped by transaction TXID; waiting for 6 confirmations',
      'Timestamped by transaction TXID; waiting for 6 confirmations',
    ]);
    bitcoin.chain.mine(1);
    const path = walk(Buffer.from(await (await ask()).arrayBuffer()), stamp.message);
    expect(path.tag).toBe('0588960d73d71901');
    const block = bitcoin.chain.at(path.payload[0] ?? 0);
    expect(block?.header.subarray(36, 68).equals(path.message)).toBe(true);
  });

  it('says what is wrong with a request', async () => {
    const { calendar } = await bench();
    const long = await fetch(`${calendar.url}/digest`, { method: 'POST', body: Buffer.alloc(65) });
    expect([long.status, await long.text()]).toEqual([400, 'digest too long']);
    const unknown = await fetch(`${calendar.url}/timestamp/00`);
    expect([unknown.status, await unknown.text()]).toEqual([404, 'Not found']);
    expect((await fetch(`${calendar.url}/timestamp/000`)).status).toBe(400);
  });

  it('shares a block with another one, and each keeps its own way', async () => {
    const { bitcoin, calendar } = await bench();
    const other = await openCalendar(bitcoin.chain);
    opened.push(other);
    const digest = Buffer.alloc(32, 7);
    const stamps = [
      walk(await post(calendar, digest), digest),
      walk(await post(other, digest), digest),
    ];
    calendar.broadcast();
    other.confirm();
    const ends = [calendar, other].map((each, i) => {
      const commitment = stamps[i]?.message ?? Buffer.alloc(0);
      return walk(each.upgradeOf(commitment) ?? Buffer.alloc(0), commitment);
    });
    expect(ends[0]?.payload).toEqual(ends[1]?.payload);
    expect(ends[0]?.message).toEqual(ends[1]?.message);
  });
});

describe('the node and the explorer', () => {
  it('serve linked headers with their work', async () => {
    const { bitcoin } = await bench();
    const { chain } = bitcoin;
    chain.mine(3);
    for (const [i, { header, hash }] of chain.blocks.entries()) {
      expect(doubleSha256(header)).toEqual(hash);
      expect((hash[31] ?? 0) < 0x80).toBe(true); // the target of regtest
      expect(header.subarray(4, 36)).toEqual(chain.blocks[i - 1]?.hash ?? Buffer.alloc(32));
    }
    const { username, password, origin } = new URL(bitcoin.rpcUrl);
    const call = async (method: string, ...params: unknown[]): Promise<unknown> => {
      const answer = await fetch(origin, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        },
        body: JSON.stringify({ id: 1, method, params }),
      });
      return answer.json();
    };
    const second = chain.blocks[1];
    const hash = reversedHex(second?.hash ?? Buffer.alloc(0));
    expect(await call('getblockcount')).toEqual({ result: 103, error: null, id: 1 });
    expect(await call('getblockhash', 101)).toMatchObject({ result: hash });
    expect(await call('getblockheader', hash, false)).toMatchObject({
      result: second?.header.toString('hex'),
    });
    expect(await call('getblockheader', hash)).toMatchObject({
      result: { height: 101, confirmations: 3 },
    });
    expect(await call('getblockhash', 99)).toMatchObject({ result: null, error: { code: -8 } });
    expect(await call('getblockheader', '00'.repeat(32))).toMatchObject({ error: { code: -5 } });
    expect(await call('stop')).toMatchObject({ error: { code: -32601 } });
    expect((await fetch(origin, { method: 'POST', body: '{}' })).status).toBe(401);
    const get = async (path: string) => (await fetch(`${bitcoin.esploraUrl}${path}`)).text();
    expect(await get('/block-height/101')).toBe(hash);
    expect(await get(`/block/${hash}/header`)).toBe(second?.header.toString('hex'));
    expect(await get('/blocks/tip/height')).toBe('103');
    expect((await fetch(`${bitcoin.esploraUrl}/block-height/104`)).status).toBe(404);
  });
});
