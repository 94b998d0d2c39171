/** Chains of key statements: what leads from one key to the next, and every way in which it does not. @module */
import { describe, expect, it } from 'vitest';
import { hexFromBytes } from '../src/bytes.ts';
import { type KeyChain, verifyKeyChain } from '../src/key-chain.ts';
import {
  type InclusionProof,
  type LoggedLeaf,
  type ProofPackage,
  parseProofPackage,
} from '../src/proof-package.ts';
import {
  makeChainPackage,
  rotationText,
  rotationTimeMs,
  signerNumber,
  statementText,
} from './make-key-chain.ts';
import { HEAD_TIME_MS, type Signer } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const ROTATIONS = [0, 1, 2].map((i) => rotationText(i));

function packageOf(
  texts: readonly string[],
  signer: Signer = signerNumber(3),
  options: { readonly isLogged?: boolean; readonly timestampMs?: number } = {},
): ProofPackage {
  return parseProofPackage(JSON.stringify(makeChainPackage(texts, signer, options)));
}

function verify({ keyChain, signedTreeHead }: ProofPackage): KeyChain {
  return verifyKeyChain(keyChain, signedTreeHead);
}

/** Refused with E_KEY_CHAIN at this member. */
function expectBroken(field: string, made: ProofPackage): void {
  expect(expectRefusal('E_KEY_CHAIN', () => verify(made)).field).toBe(field);
}

function revocationText(of: number, by: number, validFromMs: number = HEAD_TIME_MS): string {
  return statementText({
    action: 'revoke',
    by: signerNumber(by),
    of: signerNumber(of),
    validFromMs,
  });
}

describe('a chain that holds', () => {
  it('gives all its keys in order, and the place of the head', () => {
    const chain = verify(packageOf(ROTATIONS));
    expect(chain.keys).toEqual([0, 1, 2, 3].map((i) => signerNumber(i).publicKey));
    expect(chain.headIndex).toBe(3);
    expect(chain.rotations.map(({ leaf }) => leaf.validFromMs)).toEqual(
      [0, 1, 2].map(rotationTimeMs),
    );
    expect(chain.revocations).toEqual([]);
  });

  it('says of each statement whether it is shown to be in the log', () => {
    const bare = verify(packageOf(ROTATIONS));
    expect(bare.rotations.map(({ isLogged }) => isLogged)).toEqual([false, false, false]);
    const logged = packageOf(ROTATIONS, signerNumber(3), { isLogged: true });
    expect(verify(logged).rotations.map(({ isLogged }) => isLogged)).toEqual([true, true, true]);
    const [first, ...rest] = logged.keyChain as [LoggedLeaf, ...LoggedLeaf[]];
    const mixed = { ...logged, keyChain: [{ ...first, inclusionProof: null }, ...rest] };
    expect(verify(mixed).rotations.map(({ isLogged }) => isLogged)).toEqual([false, true, true]);
  });

  it('may be empty: then there is the key of the head alone', () => {
    const chain = verify(packageOf([], signerNumber(0)));
    expect(chain).toMatchObject({ headIndex: 0, rotations: [], revocations: [] });
    expect(chain.keys).toEqual([signerNumber(0).publicKey]);
  });

  it('may be of a head signed at the very moment at which its key begins', () => {
    const text = rotationText(0, { validFromMs: HEAD_TIME_MS });
    expect(verify(packageOf([text], signerNumber(1))).headIndex).toBe(1);
  });
});

describe('a chain is refused', () => {
  it('for another log', () => {
    const other = rotationText(1, { log: 'log.kapsel.example/t2' });
    const texts = [ROTATIONS[0] as string, other, ROTATIONS[2] as string];
    expectBroken('key_chain[1].leaf_data.log', packageOf(texts));
  });

  it('with a statement about a key of another use', () => {
    const texts = [rotationText(0, { action: 'delivery-key' })];
    expectBroken('key_chain[0].leaf_data.action', packageOf(texts, signerNumber(1)));
  });

  it('with a link left out', () => {
    const texts = [ROTATIONS[0] as string, ROTATIONS[2] as string];
    expectBroken('key_chain[1].leaf_data.previous_public_key', packageOf(texts));
  });

  it('out of order', () => {
    const texts = [...ROTATIONS].reverse();
    expectBroken('key_chain[1].leaf_data.previous_public_key', packageOf(texts));
  });

  it('where a time does not grow, equal times included', () => {
    for (const validFromMs of [rotationTimeMs(0), rotationTimeMs(0) - 1]) {
      const texts = [ROTATIONS[0] as string, rotationText(1, { validFromMs })];
      expectBroken('key_chain[1].leaf_data.valid_from', packageOf(texts, signerNumber(2)));
    }
  });

  it('where a key comes twice, also the first one', () => {
    const back = rotationText(2, { of: signerNumber(0) });
    const texts = [ROTATIONS[0] as string, ROTATIONS[1] as string, back];
    expectBroken('key_chain[2].leaf_data.public_key', packageOf(texts, signerNumber(0)));
    const self = rotationText(0, { of: signerNumber(0) });
    expectBroken('key_chain[0].leaf_data.public_key', packageOf([self], signerNumber(0)));
  });

  it('where the previous key did not sign', () => {
    const forged = statementText({
      by: { ...signerNumber(9), publicKey: signerNumber(0).publicKey },
      of: signerNumber(1),
      validFromMs: rotationTimeMs(0),
    });
    expectBroken('key_chain[0].leaf_data.signature', packageOf([forged], signerNumber(1)));
  });

  it('where the new key did not sign: nobody registers the key of another', () => {
    const forged = statementText({
      by: signerNumber(0),
      of: { ...signerNumber(9), publicKey: signerNumber(1).publicKey },
      validFromMs: rotationTimeMs(0),
    });
    expectBroken('key_chain[0].leaf_data.possession', packageOf([forged], signerNumber(1)));
  });

  it('where both signatures are made, but in each other’s place', () => {
    const text = ROTATIONS[0] as string;
    const swapped = text.replace(
      /"possession":"(\w+)","signature":"(\w+)"/,
      '"possession":"$2","signature":"$1"',
    );
    expectBroken('key_chain[0].leaf_data.signature', packageOf([swapped], signerNumber(1)));
  });

  it('where a key is one that no honest signer has', () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const ownSignature = Uint8Array.from([...identity, ...new Uint8Array(32)]);
    const weak: Signer = { publicKey: identity, sign: () => ownSignature };
    const text = rotationText(0, { of: weak });
    expectBroken('key_chain[0].leaf_data.possession', packageOf([text], weak));
  });

  it('that ends at another key than that of the head', () => {
    expectBroken('key_chain', packageOf(ROTATIONS, signerNumber(4)));
    expectBroken('key_chain', packageOf(ROTATIONS, signerNumber(2)));
    expectBroken('key_chain', packageOf(ROTATIONS, signerNumber(0)));
  });

  it('where the head is older than its key', () => {
    const late = rotationText(0, { validFromMs: HEAD_TIME_MS + 1 });
    expectBroken('key_chain[0].leaf_data.valid_from', packageOf([late], signerNumber(1)));
  });

  it('with a statement given twice', () => {
    const texts = [...ROTATIONS, ROTATIONS[0] as string];
    expectBroken('key_chain[3].leaf_data', packageOf(texts));
  });

  it('with more than 64 statements', () => {
    const { signedTreeHead } = packageOf([]);
    const statements = Array.from({ length: 65 }, (_, i) => ({
      leafData: `${i}`,
      inclusionProof: null,
    }));
    const refusal = expectRefusal('E_TOO_LARGE', () => verifyKeyChain(statements, signedTreeHead));
    expect(refusal).toMatchObject({ field: 'key_chain', rule: 'max-items', actual: '65' });
    // With one less they are read, and it is seen that none of them is a statement.
    expectRefusal('E_LEAF_TEXT', () => verifyKeyChain(statements.slice(1), signedTreeHead));
  });

  it.each([
    ['white space', (text: string) => text.replace('","', '", "'), 'E_LEAF_TEXT'],
    ['another type', () => '{"type":"kapsel.delivery/v1"}', 'E_LEAF_TEXT'],
    ['a later version', () => '{"type":"kapsel.key/v2"}', 'E_VERSION'],
    ['too much text', (text: string) => text.padEnd(65_536), 'E_TOO_LARGE'],
  ] as const)('with a statement that has %s, under its own code', (_, change, code) => {
    const texts = [ROTATIONS[0] as string, change(ROTATIONS[1] as string)];
    const refusal = expectRefusal(code, () => verify(packageOf(texts, signerNumber(2))));
    expect(refusal.field).toMatch(/^key_chain\[1\]\.leaf_data/);
  });
});

describe('an inclusion proof of a statement', () => {
  const logged = packageOf(ROTATIONS, signerNumber(3), { isLogged: true });
  const proof = logged.keyChain[1]?.inclusionProof as InclusionProof;

  function withProof(changes: Partial<InclusionProof>): ProofPackage {
    const keyChain = logged.keyChain.map((item, i) =>
      i === 1 ? { ...item, inclusionProof: { ...proof, ...changes } } : item,
    );
    return { ...logged, keyChain };
  }

  const other = new Uint8Array(32).fill(7);
  it.each([
    [
      'of another tree size',
      { treeSize: proof.treeSize + 1 },
      'key_chain[1].inclusion_proof.tree_size',
    ],
    ['of another root', { rootHash: other }, 'key_chain[1].inclusion_proof.root_hash'],
    ['of another leaf', { leafHash: other }, 'key_chain[1].inclusion_proof.leaf_hash'],
    ['of another index', { leafIndex: 0 }, 'key_chain[1].inclusion_proof'],
    ['of an index outside the tree', { leafIndex: 99 }, 'key_chain[1].inclusion_proof'],
    [
      'with another hash',
      { proofHashes: [other, ...proof.proofHashes.slice(1)] },
      'key_chain[1].inclusion_proof',
    ],
    [
      'with a hash too few',
      { proofHashes: proof.proofHashes.slice(1) },
      'key_chain[1].inclusion_proof',
    ],
  ])('is refused %s', (_, changes, field) => {
    expectBroken(field, withProof(changes));
  });

  it('is refused for another statement of the same tree', () => {
    const [a, b, c] = logged.keyChain as [LoggedLeaf, LoggedLeaf, LoggedLeaf];
    const keyChain = [{ ...a, inclusionProof: b.inclusionProof }, b, c];
    expectBroken('key_chain[0].inclusion_proof.leaf_hash', { ...logged, keyChain });
  });
});

describe('a revocation', () => {
  it('counts from the key before the revoked one', () => {
    const chain = verify(packageOf([...ROTATIONS, revocationText(3, 2)]));
    expect(chain.revocations).toMatchObject([{ by: 'predecessor', isLogged: false }]);
    expect(chain.revocations[0]?.leaf.validFromMs).toBe(HEAD_TIME_MS);
    expect(chain.headIndex).toBe(3);
  });

  it('counts from the key after it, and may stand before its rotation', () => {
    const chain = verify(packageOf([revocationText(1, 2), ...ROTATIONS]));
    expect(chain.revocations).toMatchObject([{ by: 'successor' }]);
  });

  it('of the head’s own key may bring the one key after it', () => {
    const texts = [...ROTATIONS, revocationText(2, 3)];
    const chain = verify(packageOf(texts, signerNumber(2)));
    expect(chain.headIndex).toBe(2);
    const shortest = [ROTATIONS[0] as string, revocationText(0, 1)];
    expect(verify(packageOf(shortest, signerNumber(0))).headIndex).toBe(0);
    expect(hexFromBytes(chain.keys[3] ?? new Uint8Array())).toBe(
      hexFromBytes(signerNumber(3).publicKey),
    );
  });

  it('does not let the chain run further than that, nor for another key’s sake', () => {
    expectBroken('key_chain', packageOf([...ROTATIONS, revocationText(1, 2)], signerNumber(1)));
    expectBroken('key_chain', packageOf([...ROTATIONS, revocationText(2, 1)], signerNumber(2)));
    expectBroken('key_chain', packageOf([...ROTATIONS, revocationText(1, 2)], signerNumber(2)));
  });

  it('is refused from a key that is no neighbour, and from the key itself', () => {
    for (const by of [0, 1, 3, 9]) {
      const texts = [...ROTATIONS, revocationText(3, by)];
      expectBroken('key_chain[3].leaf_data.previous_public_key', packageOf(texts));
    }
  });

  it('is refused for a key that the chain does not know', () => {
    const texts = [...ROTATIONS, revocationText(9, 3)];
    expectBroken('key_chain[3].leaf_data.public_key', packageOf(texts));
  });

  it('is refused where its signer did not sign', () => {
    const by = { ...signerNumber(9), publicKey: signerNumber(2).publicKey };
    const forged = statementText({
      action: 'revoke',
      by,
      of: signerNumber(3),
      validFromMs: HEAD_TIME_MS,
    });
    expectBroken('key_chain[3].leaf_data.signature', packageOf([...ROTATIONS, forged]));
  });

  it('is refused alone: nothing shows that its signer is a neighbour', () => {
    const texts = [revocationText(0, 1)];
    const made = packageOf(texts, signerNumber(0));
    expectBroken('key_chain[0].leaf_data.previous_public_key', made);
  });
});
