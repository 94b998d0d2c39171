/** `kapsel-verify inspect`: what is in a file and who claims to have signed it; checks nothing and says so. Source of truth: verifier-ux 2.1. @module */
import {
  type Anchor,
  attestedMessages,
  EXIT_INTERRUPTED,
  keyIdFromPublicKey,
  parseLeaf,
  parseOtsProof,
  parseProofPackage,
  stringFromUtf8,
  VerificationError,
} from '@kapsel/verification';
import type { Host } from '../host.ts';
import { type Item, type Limits, labelOfItem } from '../inputs/item.ts';
import { InputReader } from '../inputs/read-items.ts';
import { type Look, tellLines } from '../options.ts';
import { safe } from '../render/checks.ts';
import { timeText } from '../render/details.ts';
import { tellProblem } from '../render/usage.ts';

const EXIT_UNREADABLE = 3;

/** Tells of each package; the exit code only says whether all could be read. */
export async function inspectInputs(
  host: Host,
  inputs: readonly string[],
  limits: Limits,
  look: Look,
): Promise<number> {
  const reader = new InputReader(host, limits);
  let exitCode = 0;
  for await (const item of reader.read(inputs)) {
    const lines = linesOfItem(item);
    if (typeof lines === 'string') {
      tellProblem(host, `cannot read ${safe(labelOfItem(item))}: ${lines}`, 'E_FIELD');
      exitCode = EXIT_UNREADABLE;
    } else tellLines(host, look, lines);
    await host.stdout.ready();
  }
  return host.signal.reason === 'interrupted' ? EXIT_INTERRUPTED : exitCode;
}

/** The lines, or why there are none. */
function linesOfItem(item: Item): readonly string[] | string {
  if (item.kind === 'refused') return item.refusal.reason ?? item.refusal.code;
  try {
    return [
      `${safe(labelOfItem(item))}  (not checked; everything below is what the file says)`,
      ...packageLines(item.bytes),
    ];
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return `${error.code} ${safe(error.field ?? '')}`.trim();
  }
}

function packageLines(bytes: Uint8Array): readonly string[] {
  const made = parseProofPackage(stringFromUtf8(bytes));
  const { signedTreeHead: head, inclusionProof: proof } = made;
  const keyId = keyIdFromPublicKey(head.publicKey);
  const rows: readonly (readonly [string, string])[] = [
    ['Format', 'kapsel.proof/v1'],
    ['Attempt', made.deliveryAttemptId],
    ...leafRows(made.leafData),
    ['Log', head.log],
    ['Head', `size ${head.treeSize}, ${timeText(head.timestampMs)}`],
    ['Leaf', `index ${proof.leafIndex}, a path of ${proof.proofHashes.length} hashes`],
    ['Claimed key', Buffer.from(head.publicKey).toString('hex')],
    ['Claimed id', keyId],
    ['Checkpoint', head.checkpoint === null ? 'none' : 'present'],
    ['Key chain', `${made.keyChain.length} statements`],
    ['Receipt', made.receipt === null ? 'none' : 'present'],
    ...anchorRows(made.anchors),
    ['Disclosures', `${made.disclosures.length}`],
  ];
  return rows.map(([word, text]) => `  ${word.padEnd(12)} ${safe(text)}`);
}

function anchorRows(anchors: readonly Anchor[]): readonly (readonly [string, string])[] {
  if (anchors.length === 0) return [['Anchors', 'none']];
  return anchors.map(({ proof, headers }, i) => {
    const carried = headers.length === 0 ? '' : `, ${headers.length} block headers`;
    return [i === 0 ? 'Anchors' : '', `OpenTimestamps: ${claimsOfAnchor(proof)}${carried}`];
  });
}

function claimsOfAnchor(proof: Uint8Array): string {
  try {
    const found = attestedMessages(parseOtsProof(proof).timestamp);
    const claims = found.map(({ attestation }) => {
      if (attestation.kind === 'pending') return `waiting at ${attestation.uri}`;
      if (attestation.kind === 'unknown') return 'an attestation of unknown kind';
      return `${attestation.kind} block ${attestation.height}`;
    });
    return [...new Set(claims)].join(', ');
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return `cannot be read: ${error.code}`;
  }
}

function leafRows(leafData: string): readonly (readonly [string, string])[] {
  try {
    const leaf = parseLeaf(leafData);
    return [
      ['URL', leaf.endpointUrl],
      ['Outcome', `${leaf.outcome}, HTTP status ${leaf.responseStatus ?? 'none'}`],
      ['Attempted', leaf.attemptedAt],
      ['Payload', `${leaf.payloadSize} bytes, SHA-256 ${leaf.payloadHash}`],
    ];
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return [['Leaf text', `cannot be read: ${error.code}`]];
  }
}
