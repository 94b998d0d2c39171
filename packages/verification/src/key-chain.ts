/** Key chains: statements by which each key of a log names the next one, up to the key of a head. Proof format, keys and rotation. @module */
import { equalBytes, hexFromBytes, utf8FromString } from './bytes.ts';
import { verifyEd25519 } from './ed25519.ts';
import { refusalAs, refusalIn, refusalOf, VerificationError } from './errors.ts';
import { leafHash } from './hash.ts';
import { verifyInclusion } from './inclusion.ts';
import type { KeyLeaf } from './key-leaf.ts';
import { parseKeyLeaf } from './key-leaf.ts';
import type { InclusionProof, LoggedLeaf } from './proof-package.ts';
import { MAX_KEY_STATEMENTS } from './proof-package.ts';
import { textOfMs } from './time.ts';
import type { TreeHead } from './tree-head.ts';

/** One statement of a chain that holds. */
export interface KeyStatement {
  readonly leaf: KeyLeaf;
  /** Shown to be in the tree of this head. Otherwise it is only signed: a thief of the old key could have made it. */
  readonly isLogged: boolean;
}

/** A key that another key of the chain says not to believe any more. */
export interface KeyRevocation extends KeyStatement {
  /** Who says so: the key before the revoked one, or the key after it. */
  readonly by: 'predecessor' | 'successor';
}

/** A chain that does not contradict itself. Whether any of its keys is trusted is another question. */
export interface KeyChain {
  /** The keys in their order: `rotations[i]` leads from `keys[i]` to `keys[i + 1]`. */
  readonly keys: readonly Uint8Array[];
  /** Where among them the key of the head stands: last, or last but one if its successor revoked it. */
  readonly headIndex: number;
  readonly rotations: readonly KeyStatement[];
  readonly revocations: readonly KeyRevocation[];
}

/** A statement, and the path that names it in a refusal. */
interface Item extends KeyStatement {
  readonly path: string;
}

/**
 * Verifies the statements of a package against its head: one log, each key named by the one before, both signatures
 * of each statement strict, times that grow, no key twice, and the head's key at the end. A revocation may stand
 * anywhere; it counts if a neighbour of the revoked key signed it. Throws `E_KEY_CHAIN`, or the code of a leaf text
 * that breaks its rules.
 * @example verifyKeyChain(proofPackage.keyChain, proofPackage.signedTreeHead).keys.length
 */
export function verifyKeyChain(statements: readonly LoggedLeaf[], head: TreeHead): KeyChain {
  if (statements.length > MAX_KEY_STATEMENTS) {
    throw new VerificationError('E_TOO_LARGE', {
      field: 'key_chain',
      rule: 'max-items',
      expected: `${MAX_KEY_STATEMENTS}`,
      actual: `${statements.length}`,
    });
  }
  assertNoneTwice(statements);
  const items = statements.map((statement, i) => readItem(statement, head, `key_chain[${i}]`));
  const rotations = items.filter(({ leaf }) => leaf.action === 'rotate');
  const keys = keysInOrder(rotations, head);
  const revocations = items
    .filter(({ leaf }) => leaf.action === 'revoke')
    .map((item) => readRevocation(item, keys));
  const headIndex = indexOfHead(keys, revocations, head);
  assertHeadNotBeforeKey(rotations[headIndex - 1], head);
  return { keys, headIndex, rotations: rotations.map(statementOf), revocations };
}

function assertNoneTwice(statements: readonly LoggedLeaf[]): void {
  const texts = statements.map(({ leafData }) => leafData);
  const i = texts.findIndex((text, at) => texts.indexOf(text) < at);
  if (i !== -1) throw refused(`key_chain[${i}].leaf_data`, 'each statement once', 'a second one');
}

function readItem(statement: LoggedLeaf, head: TreeHead, path: string): Item {
  const leaf = readLeaf(statement.leafData, path);
  const memberPath = `${path}.leaf_data`;
  if (leaf.log !== head.log) throw refused(`${memberPath}.log`, head.log, leaf.log);
  if (leaf.action !== 'rotate' && leaf.action !== 'revoke') {
    throw refused(`${memberPath}.action`, 'rotate or revoke', leaf.action);
  }
  const { inclusionProof } = statement;
  if (inclusionProof !== null) {
    const proofPath = `${path}.inclusion_proof`;
    verifyLogged(leafHash(utf8FromString(statement.leafData)), inclusionProof, head, proofPath);
  }
  return { leaf, isLogged: inclusionProof !== null, path: memberPath };
}

function readLeaf(text: string, path: string): KeyLeaf {
  try {
    return parseKeyLeaf(text);
  } catch (cause) {
    throw refusalIn(path, refusalOf(cause));
  }
}

// A proof under another head of the log may be good, but nobody signed that head here.
function verifyLogged(hash: Uint8Array, proof: InclusionProof, head: TreeHead, path: string): void {
  if (proof.treeSize !== head.treeSize) {
    throw refused(`${path}.tree_size`, `${head.treeSize}`, `${proof.treeSize}`);
  }
  assertSameHash(`${path}.root_hash`, proof.rootHash, head.rootHash);
  assertSameHash(`${path}.leaf_hash`, proof.leafHash, hash);
  try {
    verifyInclusion(hash, proof.leafIndex, proof.treeSize, proof.proofHashes, head.rootHash);
  } catch (cause) {
    const error = refusalOf(cause);
    throw refusalAs(error, path, 'E_KEY_CHAIN');
  }
}

function assertSameHash(field: string, actual: Uint8Array, expected: Uint8Array): void {
  if (equalBytes(actual, expected)) return;
  throw refused(field, hexFromBytes(expected), hexFromBytes(actual));
}

/** All rules of the walk that need no signature come first: they cost nothing, and hostile chains end there. */
function keysInOrder(rotations: readonly Item[], head: TreeHead): readonly Uint8Array[] {
  const first = rotations[0];
  if (first === undefined) return [head.publicKey];
  const keys = [signerOf(first)];
  for (const [i, item] of rotations.entries()) {
    const current = keys[i] as Uint8Array;
    if (!equalBytes(signerOf(item), current)) {
      throw refused(
        `${item.path}.previous_public_key`,
        hexFromBytes(current),
        hexFromBytes(signerOf(item)),
      );
    }
    assertLater(item, rotations[i - 1]);
    if (indexOfKey(keys, item.leaf.publicKey) !== -1) {
      const actual = hexFromBytes(item.leaf.publicKey);
      throw refused(`${item.path}.public_key`, 'a key that was not used before', actual);
    }
    keys.push(item.leaf.publicKey);
  }
  for (const item of rotations) verifyRotation(item);
  return keys;
}

function assertLater(item: Item, before: Item | undefined): void {
  if (before === undefined || item.leaf.validFromMs > before.leaf.validFromMs) return;
  throw refused(`${item.path}.valid_from`, `after ${before.leaf.validFrom}`, item.leaf.validFrom);
}

function verifyRotation(item: Item): void {
  const { leaf, path } = item;
  assertSigned(leaf.signature, leaf.statementMessage, signerOf(item), `${path}.signature`);
  assertSigned(leaf.possession, leaf.possessionMessage, leaf.publicKey, `${path}.possession`);
}

function assertSigned(
  signature: Uint8Array | null,
  message: Uint8Array,
  key: Uint8Array,
  field: string,
): void {
  if (signature !== null && verifyEd25519(signature, message, key)) return;
  throw refused(field, `a signature by the key ${hexFromBytes(key)}`, 'another signature');
}

// Anybody can revoke any key in a statement of their own: only the keys beside it in the chain have a say.
function readRevocation(item: Item, keys: readonly Uint8Array[]): KeyRevocation {
  const { leaf, path } = item;
  const revoked = indexOfKey(keys, leaf.publicKey);
  if (revoked === -1) {
    const actual = hexFromBytes(leaf.publicKey);
    throw refused(`${path}.public_key`, 'a key of this chain', actual);
  }
  const signer = indexOfKey(keys, signerOf(item));
  if (signer === -1 || Math.abs(signer - revoked) !== 1) {
    throw refused(
      `${path}.previous_public_key`,
      'the key before or after the revoked one',
      hexFromBytes(signerOf(item)),
    );
  }
  assertSigned(leaf.signature, leaf.statementMessage, signerOf(item), `${path}.signature`);
  return { ...statementOf(item), by: signer < revoked ? 'predecessor' : 'successor' };
}

/** The chain ends at the head's key. One key more is allowed where it is there to revoke the head's. */
function indexOfHead(
  keys: readonly Uint8Array[],
  revocations: readonly KeyRevocation[],
  head: TreeHead,
): number {
  const last = keys.length - 1;
  const index = indexOfKey(keys, head.publicKey);
  if (index === last) return index;
  const isRevokedByLast = revocations.some(
    ({ leaf, by }) => by === 'successor' && equalBytes(leaf.publicKey, head.publicKey),
  );
  if (index === last - 1 && isRevokedByLast) return index;
  throw refused(
    'key_chain',
    `statements that end at the key ${hexFromBytes(head.publicKey)}`,
    hexFromBytes(keys[last] as Uint8Array),
  );
}

function assertHeadNotBeforeKey(introduction: Item | undefined, head: TreeHead): void {
  if (introduction === undefined || head.timestampMs >= introduction.leaf.validFromMs) return;
  throw refused(
    `${introduction.path}.valid_from`,
    `at most ${textOfMs(head.timestampMs)}, the time of the head`,
    introduction.leaf.validFrom,
  );
}

/** The key that made the signature: reading has made sure that rotations and revocations name one. */
function signerOf({ leaf }: Item): Uint8Array {
  return leaf.previousPublicKey as Uint8Array;
}

function indexOfKey(keys: readonly Uint8Array[], key: Uint8Array): number {
  return keys.findIndex((each) => equalBytes(each, key));
}

function statementOf({ leaf, isLogged }: Item): KeyStatement {
  return { leaf, isLogged };
}

function refused(field: string, expected: string, actual: string): VerificationError {
  return new VerificationError('E_KEY_CHAIN', { field, expected, actual });
}
