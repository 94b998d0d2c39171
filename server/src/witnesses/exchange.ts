/** What is said to a witness and what it answers, as texts. C2SP tlog-witness and tlog-cosignature. @module */
import {
  base64FromBytes,
  encodeNoteSignature,
  type PolicyWitness,
  parseNote,
  VerificationError,
  verifyCosignatures,
} from '@kapsel/verification';

const MAX_PROOF_HASHES = 63; // C2SP tlog-witness
const SIZE_ANSWER = /^(0|[1-9][0-9]{0,18})\n$/;
const MAX_COSIGNED_SECONDS = 253_402_300_799n; // the end of year 9999: what PostgreSQL and RFC 3339 can say

/** The body of `add-checkpoint`: the old size, the proof from it, and the note that the log signed. */
export function encodeAddCheckpoint(
  oldSize: number,
  proof: readonly Uint8Array[],
  note: string,
): string {
  if (proof.length > MAX_PROOF_HASHES) {
    throw new RangeError(`"proof" expected at most ${MAX_PROOF_HASHES} hashes`);
  }
  const hashes = proof.map((hash) => `${base64FromBytes(hash)}\n`).join('');
  return `old ${oldSize}\n${hashes}\n${note}`;
}

/** The size in the body of a 409, or null when it is none. From the network. */
export function sizeFromAnswer(body: string): bigint | null {
  const digits = SIZE_ANSWER.exec(body)?.[1];
  return digits === undefined ? null : BigInt(digits);
}

/** One line that holds. */
export interface CosignedLine {
  readonly witness: PolicyWitness;
  readonly cosignedAtMs: number;
  /** The line as it is put under the note, with its newline. */
  readonly line: string;
}

export interface CosignAnswer {
  /** At most one a witness, the earliest. */
  readonly cosigned: readonly CosignedLine[];
  /** Witnesses whose key a line named with a signature that does not hold. */
  readonly bad: readonly string[];
}

/**
 * Reads the lines that a witness answered for `note`. Lines of keys that nobody configured are dropped; each of the
 * others is verified by itself, since one bad line under a note would spoil the good ones for every reader. Throws
 * VerificationError when the answer is no list of signature lines. From the network.
 */
export function linesFromAnswer(
  note: string,
  body: string,
  witnesses: readonly PolicyWitness[],
): CosignAnswer {
  const { text } = parseNote(note);
  const cosigned = new Map<string, CosignedLine>();
  const bad = new Set<string>();
  for (const { name, keyId, signature } of parseNote(`${text}\n${body}`).signatures) {
    const line = encodeNoteSignature(name, keyId, signature);
    for (const witness of witnesses.filter(({ key }) => key.name === name)) {
      const found = secondsOf(`${text}\n${line}`, witness);
      if (found === 'bad') bad.add(witness.name);
      if (typeof found !== 'bigint') continue;
      const cosignedAtMs = Number(found) * 1_000;
      const earlier = cosigned.get(witness.name);
      if (earlier !== undefined && earlier.cosignedAtMs <= cosignedAtMs) continue;
      cosigned.set(witness.name, { witness, cosignedAtMs, line });
    }
  }
  return { cosigned: [...cosigned.values()], bad: [...bad] };
}

/** When the witness says it signed; null when the line is not by its key. */
function secondsOf(note: string, witness: PolicyWitness): bigint | 'bad' | null {
  try {
    const [found] = verifyCosignatures(note, [witness.key]);
    if (found === undefined) return null;
    return found.timeSeconds <= MAX_COSIGNED_SECONDS ? found.timeSeconds : 'bad';
  } catch (error) {
    if (error instanceof VerificationError) return 'bad';
    throw error;
  }
}
