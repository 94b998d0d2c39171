/** A name server on loopback with the answers a test gives it. RFC 1035 section 4. @module */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** `refused` answers with a code, `silent` not at all. */
export interface Zone {
  readonly a?: readonly string[] | 'refused' | 'silent';
  readonly aaaa?: readonly string[] | 'refused' | 'silent';
}

export interface NameServer {
  /** For `Resolver.setServers`. */
  readonly address: string;
  /** Names asked for, one entry a question. */
  readonly questions: readonly string[];
  readonly close: () => Promise<void>;
}

const TYPES: Readonly<Record<number, 'a' | 'aaaa'>> = { 1: 'a', 28: 'aaaa' };
const NAME_ERROR = 3; // NXDOMAIN
const SERVER_FAILURE = 2;

/** `zones` is looked at on each question, so a test may change its mind. */
export async function openNameServer(zones: Readonly<Record<string, Zone>>): Promise<NameServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query);
    const type = TYPES[query.readUInt16BE(end)] ?? 'a';
    questions.push(`${type} ${name}`);
    const zone = zones[name];
    const records = zone?.[type] ?? [];
    if (records === 'silent') return;
    const code = zone === undefined ? NAME_ERROR : records === 'refused' ? SERVER_FAILURE : 0;
    const answers = records === 'refused' ? [] : records.map((text) => recordFor(type, text));
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2); // a response, recursion done
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    const question = query.subarray(12, end + 4);
    socket.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let size = query.readUInt8(at); size !== 0; size = query.readUInt8(at)) {
    labels.push(query.subarray(at + 1, at + 1 + size).toString('ascii'));
    at += 1 + size;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function recordFor(type: 'a' | 'aaaa', address: string): Buffer {
  const data = type === 'a' ? Buffer.from(address.split('.').map(Number)) : bytesOfIpv6(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type === 'a' ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** With one `::` at most. */
function bytesOfIpv6(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const parts = (text: string) => text.split(':').filter((part) => part !== '');
  const missing = 8 - parts(left).length - parts(right).length;
  const groups = [...parts(left), ...Array<string>(missing).fill('0'), ...parts(right)];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
