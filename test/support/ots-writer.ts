/** Writes OpenTimestamps nodes and files, by other code than the verifier's: only what fakes and fixtures need. @module */
import { createHash } from 'node:crypto';

/** One operation on the way from a message. */
export type OtsStep = readonly ['append' | 'prepend', Buffer] | readonly ['sha256'];

/** A tree of operations that ends in attestations. */
export interface OtsNode {
  readonly attestations?: readonly Buffer[];
  readonly ways?: readonly { readonly steps: readonly OtsStep[]; readonly end: OtsNode }[];
}

const MAGIC = Buffer.from('004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294', 'hex');
const TAGS = { append: 'f0', prepend: 'f1', sha256: '08' } as const;

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** The message after the steps. */
export function follow(message: Buffer, steps: readonly OtsStep[]): Buffer {
  return steps.reduce((result, [name, argument = Buffer.alloc(0)]) => {
    if (name === 'sha256') return sha256(result);
    return Buffer.concat(name === 'append' ? [result, argument] : [argument, result]);
  }, message);
}

export function varuint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

export function varbytes(bytes: Uint8Array): Buffer {
  return Buffer.concat([varuint(bytes.length), bytes]);
}

export function attestation(tag: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`00${tag}`, 'hex'), varbytes(payload)]);
}

export function pendingAttestation(uri: string): Buffer {
  return attestation('83dfe30d2ef90c8e', varbytes(Buffer.from(uri)));
}

export function bitcoinAttestation(height: number): Buffer {
  return attestation('0588960d73d71901', varuint(height));
}

/** A bare node, as calendars answer it. Branches stand in the order in which they are given. */
export function encodeNode({ attestations = [], ways = [] }: OtsNode): Buffer {
  const branches = [
    ...attestations,
    ...ways.map(({ steps, end }) => Buffer.concat([...steps.map(encodeStep), encodeNode(end)])),
  ];
  if (branches.length === 0) throw new TypeError('a node has at least one branch');
  const marked = branches.map((branch, i) =>
    i === branches.length - 1 ? branch : Buffer.concat([Buffer.from([0xff]), branch]),
  );
  return Buffer.concat(marked);
}

function encodeStep([name, argument]: OtsStep): Buffer {
  const tag = Buffer.from(TAGS[name], 'hex');
  return argument === undefined ? tag : Buffer.concat([tag, varbytes(argument)]);
}

/** An `.ots` file over a SHA-256 digest. */
export function encodeFile(digest: Uint8Array, node: OtsNode): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([0x01, 0x08]), digest, encodeNode(node)]);
}

/** A tree as OpenTimestamps joins it: an odd last node moves up unchanged. Answers the root and the steps of each leaf to it. */
export function otsTree(leaves: readonly Buffer[]): { root: Buffer; steps: OtsStep[][] } {
  const steps: OtsStep[][] = leaves.map(() => []);
  let level = leaves.map((hash, i) => ({ hash, under: [i] }));
  while (level.length > 1) {
    const next: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left === undefined) continue;
      if (right === undefined) {
        next.push(left);
        continue;
      }
      for (const leaf of left.under) steps[leaf]?.push(['append', right.hash], ['sha256']);
      for (const leaf of right.under) steps[leaf]?.push(['prepend', left.hash], ['sha256']);
      const hash = sha256(Buffer.concat([left.hash, right.hash]));
      next.push({ hash, under: [...left.under, ...right.under] });
    }
    level = next;
  }
  const [top] = level;
  if (top === undefined) throw new TypeError('a tree has at least one leaf');
  return { root: top.hash, steps };
}
