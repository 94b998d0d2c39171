/** The documents say what is true: links lead somewhere, examples give what they claim. @module */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTreeHead, hexFromBytes } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const documents = [
  'README.md',
  'CHANGELOG.md',
  ...[
    '.github',
    'docs',
    'fixtures',
    'cli',
    'web-verifier',
    'packages/verification',
    'packages/tree',
    'packages/client',
    'server',
  ].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Whether a test file has a test, or a group of tests, of this name. */
function holds(path: string, name: string): boolean {
  if (!path.endsWith('.test.ts') || !existsSync(join(ROOT, path))) return false;
  const quoted = read(path).replaceAll("\\'", "'");
  return ["'", '"', '`'].some((quote) => quoted.includes(`(${quote}${name}${quote}`));
}

describe('the documents', () => {
  it.each(documents)('%s links only to files that exist', (path) => {
    const links = [...read(path).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(
      ([, target]) => target ?? '',
    );
    const local = links.filter((target) => !/^[a-z]+:/.test(target));
    const missing = local.filter((target) => !existsSync(resolve(ROOT, dirname(path), target)));
    expect(missing).toEqual([]);
  });

  it('the threat model names tests that exist, by their file and their words', () => {
    const text = read('docs/threat-model.md');
    const cited = [...text.matchAll(/^- `([^`]+)` "([^"]+)"$/gm)];
    expect(cited.length).toBeGreaterThan(40);
    const missing = cited.filter(([, path = '', words = '']) => !holds(path, words));
    expect(missing.map(([line]) => line)).toEqual([]);
    // A section that claims something shows it.
    for (const section of text.split(/^## /m).filter((each) => each.includes('**Against it:**'))) {
      expect(section).toMatch(/^- `/m);
    }
    expect(holds('test/docs.test.ts', 'a test that nobody wrote'.toUpperCase())).toBe(false);
    expect(holds('test/no-such.test.ts', 'x')).toBe(false);
  });

  it('the README has 80 to 120 lines and begins with one sentence and two commands that exist', () => {
    const text = read('README.md');
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(80);
    expect(lines.length).toBeLessThanOrEqual(120);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = [...text.matchAll(/npm (?:run )?(demo|test|start|build)\b/g)].map(
      ([, name]) => name ?? '',
    );
    expect(commands.slice(0, 2)).toEqual(['demo', 'test']);
    expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('the example in proof-format.md gives the bytes it claims', () => {
    const example =
      /timestamp (\d+), size (\d+), root `([0-9a-f]{64})` are the bytes\n`([0-9a-f]{100})`/.exec(
        read('docs/proof-format.md'),
      );
    const [, timestamp, size, root, bytes] = example ?? [];
    const encoded = encodeTreeHead(Number(timestamp), Number(size), Buffer.from(root ?? '', 'hex'));
    expect(hexFromBytes(encoded)).toBe(bytes);
  });

  it('a package verifies by the words of proof-format.md alone', () => {
    const { package: proof } = JSON.parse(read('fixtures/packages/valid-delivered.json')) as {
      package: PackageByHand;
    };
    expect(verifyByHand(proof)).toBe('verified');
    const changed = {
      ...proof,
      leaf_data: proof.leaf_data.replace('"outcome":"delivered"', '"outcome":"rejected"'),
    };
    expect(verifyByHand(changed)).toBe('leaf');
  });
});

interface PackageByHand {
  leaf_data: string;
  leaf_hash: string;
  inclusion_proof: {
    leaf_index: number;
    tree_size: number;
    proof_hashes: string[];
    root_hash: string;
  };
  signed_tree_head: {
    tree_size: number;
    root_hash: string;
    timestamp: number;
    signature: string;
    public_key: string;
  };
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Written from the document, with nothing but Node's hash and signature check. */
function verifyByHand(proof: PackageByHand): string {
  let r = sha256(Buffer.from([0]), proof.leaf_data);
  if (r.toString('hex') !== proof.leaf_hash) return 'leaf';
  const {
    leaf_index: index,
    tree_size: size,
    proof_hashes: path,
    root_hash: root,
  } = proof.inclusion_proof;
  let [fn, sn] = [index, size - 1];
  const halve = () => {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  };
  for (const text of path) {
    const p = Buffer.from(text, 'hex');
    if (sn === 0) return 'path';
    if (fn % 2 === 1 || fn === sn) {
      r = sha256(Buffer.from([1]), p, r);
      while (fn % 2 === 0 && fn !== 0) halve();
    } else r = sha256(Buffer.from([1]), r, p);
    halve();
  }
  if (sn !== 0 || r.toString('hex') !== root) return 'path';
  const head = proof.signed_tree_head;
  if (head.root_hash !== root || head.tree_size !== size) return 'head';
  const message = Buffer.alloc(50);
  message.writeUInt8(1, 1);
  message.writeBigUInt64BE(BigInt(head.timestamp), 2);
  message.writeBigUInt64BE(BigInt(size), 10);
  message.write(root, 18, 'hex');
  const spki = Buffer.from(`302a300506032b6570032100${head.public_key}`, 'hex');
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return verify(null, message, key, Buffer.from(head.signature, 'hex')) ? 'verified' : 'signature';
}
