/** Makes tlog-proofs for tests by joining lines, sharing no code with what is tested. C2SP tlog-proof. @module */
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy, type WitnessPolicy } from '../src/witness-policy.ts';
import type { JsonRecord, Signer } from './make-package.ts';

function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The parts of a tlog-proof as lines; a null line is left out. */
export interface TlogLines {
  readonly format: string;
  readonly extra: string | null;
  readonly index: string | null;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
}

/** The lines that say what this package says. */
export function tlogLines(proofPackage: JsonRecord, changes: Partial<TlogLines> = {}): TlogLines {
  const proof = proofPackage.inclusion_proof as JsonRecord;
  const head = proofPackage.signed_tree_head as JsonRecord;
  return {
    format: 'c2sp.org/tlog-proof@v1',
    extra: `extra ${Buffer.from(String(proofPackage.leaf_data), 'utf8').toString('base64')}`,
    index: `index ${String(proof.leaf_index)}`,
    hashes: (proof.proof_hashes as readonly string[]).map(base64OfHex),
    checkpoint: String(head.checkpoint),
    ...changes,
  };
}

export function tlogText(lines: TlogLines): string {
  const { format, extra, index, hashes, checkpoint } = lines;
  const header = [format, extra, index, ...hashes].filter((line) => line !== null);
  return `${header.join('\n')}\n\n${checkpoint}`;
}

/** A tlog-proof that says what this package says, with some lines changed. */
export function makeTlogProof(proofPackage: JsonRecord, changes: Partial<TlogLines> = {}): string {
  return tlogText(tlogLines(proofPackage, changes));
}

/** A policy that wants this one witness, and knows this log or none. */
export function onePolicy(
  name: string,
  witness: Signer,
  logs: WitnessPolicy['logs'] = [],
): WitnessPolicy {
  const vkey = encodeVkey(name, witness.publicKey, 'witness');
  return { ...parseWitnessPolicy(`witness w1 ${vkey}\nquorum w1\n`), logs };
}
