/** A made-up proof to try the page with, and copies of it in which one thing is changed. The page never changes what a person gave. @module */
import { type PublicKey, parsePublicKey } from '@kapsel/verification';
import type { Source } from './item.ts';
import fixture from './sample-proof.json' with { type: 'json' };

/** The parts of the sample that can be changed, in the order of the checks that find it. */
export const BREAKS = {
  leaf: 'Leaf text',
  index: 'Index',
  sibling: 'One sibling',
  root: 'Root',
  signature: 'Signature',
  key: 'Key',
} as const;

export type Break = keyof typeof BREAKS;

/** The key that the sample is signed with. It vouches for nothing but the sample. */
export const SAMPLE_KEY: PublicKey = parsePublicKey(fixture.public_key);

/** The sample, whole or with one thing changed. */
export function sampleSource(changed: Break | null): Source {
  const text = JSON.stringify(changed === null ? fixture.package : brokenPackage(changed), null, 2);
  const name =
    changed === null ? 'sample' : `sample, changed copy: ${BREAKS[changed].toLowerCase()}`;
  return { name, blob: new Blob([text]), isListed: false };
}

function brokenPackage(changed: Break): typeof fixture.package {
  const copy = structuredClone(fixture.package);
  const { inclusion_proof: proof, signed_tree_head: head } = copy;
  switch (changed) {
    case 'leaf':
      copy.leaf_data = copy.leaf_data.replace('"attempt_number":1', '"attempt_number":2');
      break;
    case 'index':
      proof.leaf_index -= 1;
      break;
    case 'sibling':
      proof.proof_hashes[2] = withOtherByte(proof.proof_hashes[2] ?? '');
      break;
    case 'root':
      // In both places: a file that contradicts itself would be found sooner.
      proof.root_hash = withOtherByte(proof.root_hash);
      head.root_hash = proof.root_hash;
      break;
    case 'signature':
      head.signature = withOtherByte(head.signature);
      break;
    case 'key':
      head.public_key = OTHER_KEY;
  }
  return copy;
}

// The public key of RFC 8032 section 7.1, test 2: a real key, and not the sample's.
const OTHER_KEY = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';

/** The hex text with its ninth byte counted up by one. */
function withOtherByte(hex: string): string {
  const byte = (Number.parseInt(hex.slice(16, 18), 16) + 1) % 256;
  return `${hex.slice(0, 16)}${byte.toString(16).padStart(2, '0')}${hex.slice(18)}`;
}
