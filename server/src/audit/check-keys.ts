/** The keys of a log and the statements about them: who may sign which head. Proof format, keys and rotation. @module */
import {
  equalBytes,
  hexFromBytes,
  type KeyLeaf,
  keyIdFromPublicKey,
  leafHash,
  parseKeyLeaf,
  utf8FromString,
  VerificationError,
  verifyEd25519,
} from '@kapsel/verification';
import type { Finding } from './contradiction.ts';

export interface KeyRow {
  /** Hex. */
  readonly keyId: string;
  readonly publicKey: Uint8Array;
}

export interface StatementRow {
  readonly leafHash: Uint8Array;
  readonly action: string;
  /** Hex. */
  readonly keyId: string;
  readonly leafData: string;
  /** Null until it has its place in the tree. */
  readonly leafIndex: number | null;
  readonly validFromMs: number;
}

/** What of a head its key is judged by. */
export interface SignedBy {
  readonly keyId: string;
  readonly treeSize: number;
  readonly timestampMs: number;
}

/** Who signed until now, and what the log says of its keys. Lives as long as one audit of one log. */
export class KeyHistory {
  readonly #keys: ReadonlyMap<string, KeyRow>;
  readonly #byIndex: ReadonlyMap<number, StatementRow>;
  readonly #byHash: ReadonlyMap<string, StatementRow>;
  /** By key id: the statement that names a key as the next one. */
  readonly #introductions = new Map<string, StatementRow>();
  /** Keys that a later key has followed in signing. */
  readonly #followed = new Set<string>();
  #signer: string | null = null;

  constructor(keys: readonly KeyRow[], statements: readonly StatementRow[]) {
    this.#keys = new Map(keys.map((key) => [key.keyId, key]));
    this.#byIndex = new Map(
      statements.flatMap((row) => (row.leafIndex === null ? [] : [[row.leafIndex, row] as const])),
    );
    this.#byHash = new Map(statements.map((row) => [hexFromBytes(row.leafHash), row]));
    for (const row of statements) {
      if (row.action === 'rotate') this.#introductions.set(row.keyId, row);
    }
  }

  keyOf(keyId: string): KeyRow | null {
    return this.#keys.get(keyId) ?? null;
  }

  /** Both tables must tell of the same key statements, each at its place. */
  checkPlace(leafIndex: number, hash: Uint8Array, key: KeyLeaf | null): Finding[] {
    const at = `index ${leafIndex}`;
    const there = this.#byIndex.get(leafIndex);
    if (there !== undefined && !equalBytes(there.leafHash, hash)) {
      const values = { want: hexFromBytes(hash), got: hexFromBytes(there.leafHash) };
      return [{ where: 'key_statements.leaf_index', at, ...values }];
    }
    if (key?.action !== 'rotate' && key?.action !== 'revoke') return [];
    const row = this.#byHash.get(hexFromBytes(hash));
    if (row === undefined) {
      return [{ where: 'key_statements', at, want: 'the statement in the tree', got: 'none' }];
    }
    if (row.leafIndex !== null && row.leafIndex !== leafIndex) {
      const values = { want: `${leafIndex}`, got: `${row.leafIndex}` };
      return [{ where: 'key_statements.leaf_index', at, ...values }];
    }
    if (row.action === 'rotate') this.#introductions.set(row.keyId, { ...row, leafIndex });
    return [];
  }

  /** A new key signs no head that does not hold its statement, and the old one no head after that. */
  checkSigner(head: SignedBy, at: string): Finding[] {
    const where = 'signed_tree_heads.key_id';
    const findings: Finding[] = [];
    const introduction = this.#introductions.get(head.keyId);
    if (introduction !== undefined) {
      const { leafIndex, validFromMs } = introduction;
      if (leafIndex === null || leafIndex >= head.treeSize) {
        const want = 'a key whose statement is in the tree';
        findings.push({ where, at, want, got: head.keyId });
      } else if (head.timestampMs < validFromMs) {
        const want = `a head from ${validFromMs} on`;
        findings.push({ where, at, want, got: `${head.timestampMs}` });
      }
    }
    if (this.#signer !== head.keyId) {
      if (this.#signer !== null) {
        this.#followed.add(this.#signer);
        if (introduction === undefined) {
          const want = 'a key that a statement names';
          findings.push({ where, at, want, got: head.keyId });
        }
      }
      if (this.#followed.has(head.keyId)) {
        findings.push({ where, at, want: 'a key that none has followed', got: head.keyId });
      }
      this.#signer = head.keyId;
    }
    return findings;
  }
}

/** A key's id is its hash: a changed key has another. */
export function checkKey({ keyId, publicKey }: KeyRow): Finding[] {
  const computed = keyIdFromPublicKey(publicKey);
  if (computed === keyId) return [];
  return [{ where: 'attestation_keys.public_key', at: `key ${keyId}`, want: keyId, got: computed }];
}

/** A statement by itself: its text, its signatures, and what the row says of it. */
export function checkStatement(row: StatementRow, origin: string): Finding[] {
  const at = `statement ${hexFromBytes(row.leafHash)}`;
  const found = (column: string, want: string, got: string): Finding => ({
    where: `key_statements.${column}`,
    at,
    want,
    got,
  });
  const hash = leafHash(utf8FromString(row.leafData));
  if (!equalBytes(hash, row.leafHash)) {
    return [found('leaf_data', hexFromBytes(row.leafHash), hexFromBytes(hash))];
  }
  let leaf: KeyLeaf;
  try {
    leaf = parseKeyLeaf(row.leafData);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return [found('leaf_data', 'the exact text of a key statement', error.code)];
  }
  const findings: Finding[] = [];
  const compare = (column: string, want: string, got: string): void => {
    if (want !== got) findings.push(found(column, want, got));
  };
  compare('leaf_data', origin, leaf.log);
  compare('action', leaf.action, row.action);
  compare('key_id', keyIdFromPublicKey(leaf.publicKey), row.keyId);
  compare('valid_from', `${leaf.validFromMs}`, `${row.validFromMs}`);
  const { signature, previousPublicKey, possession } = leaf;
  if (signature === null || previousPublicKey === null) {
    findings.push(found('leaf_data', 'a signature', 'none'));
  } else if (!verifyEd25519(signature, leaf.statementMessage, previousPublicKey)) {
    findings.push(found('leaf_data', 'a signature by the other key', 'another signature'));
  }
  if (possession !== null && !verifyEd25519(possession, leaf.possessionMessage, leaf.publicKey)) {
    findings.push(found('leaf_data', 'a signature by the new key', 'another signature'));
  }
  return findings;
}
