/** `kapsel-verify inspect`: what is in a file and who claims to have signed it; checks nothing and says so. Source of truth: verifier-ux 2.1. @module */
import {
  keyIdFromPublicKey,
  parseLeaf,
  parseProofPackage,
  stringFromUtf8,
  VerificationError,
} from '@kapsel/verification';
import { EXIT_INTERRUPTED } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { type Item, type Limits, labelOfPlace } from '../inputs/item.ts';
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
      tellProblem(host, `cannot read ${safe(labelOfPlace(item.place))}: ${lines}`, 'E_FIELD');
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
      `${safe(labelOfPlace(item.place))}  (not checked; everything below is what the file says)`,
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
    ['Anchors', `${made.anchors.length}`],
    ['Disclosures', `${made.disclosures.length}`],
  ];
  return rows.map(([word, text]) => `  ${word.padEnd(12)} ${safe(text)}`);
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
