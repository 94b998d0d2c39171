/** `kapsel-verify anchor FILE.ots`: a stamp and the file beside it that was stamped, such as a checkpoint. Source of truth: opentimestamps 3 and 5. @module */
import {
  encodeOtsProof,
  neededHeights,
  type OtsProof,
  parseOtsProof,
  type Report,
  reportOfRefusal,
  type Verdict,
  VerificationError,
  verifyAnchor,
} from '@kapsel/verification';
import type { AnchorOptions } from '../anchor-options.ts';
import { upgradeProof } from '../anchor-upgrade.ts';
import type { Host } from '../host.ts';
import { withoutKey } from '../key-words.ts';
import type { KnownBlocks } from '../known-blocks.ts';
import { tellLines } from '../options.ts';
import { writeTextFile } from '../output-file.ts';
import { linesOfAnchor } from '../render/anchor.ts';
import { safe } from '../render/checks.ts';
import { tellProblem } from '../render/usage.ts';
import { readSource } from '../source.ts';

const STAMP_LIMIT_BYTES = 1_048_576;
const STAMPED_LIMIT_BYTES = 268_435_456;
const VERDICTS = {
  confirmed: 'verified',
  mismatch: 'invalid',
  header_not_given: 'inconclusive',
  pending: 'inconclusive',
} as const;

/** Tells of one stamp; the report has its verdict, and no claim: a stamp says nothing of who made it. */
export async function checkStamp(
  host: Host,
  file: string,
  { look, online }: AnchorOptions,
  blocks: KnownBlocks,
): Promise<Report> {
  const stampedFile = file.slice(0, -'.ots'.length);
  const stamp = await readFileOrTell(host, file, STAMP_LIMIT_BYTES);
  const stamped = await readFileOrTell(host, stampedFile, STAMPED_LIMIT_BYTES);
  if (stamp === null || stamped === null) return reportOfRefusal({ code: 'E_IO' });
  let proof: OtsProof;
  try {
    proof = parseOtsProof(stamp); // from the file
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    tellProblem(host, `cannot read ${safe(withoutKey(file))} as a stamp`, error.code);
    return reportOfRefusal({ code: 'E_FIELD' });
  }
  const notes: string[] = [];
  if (online?.isUpgrade === true) {
    const evidenceOf = (heights: readonly number[]) => blocks.evidenceOf(heights);
    const upgrade = await upgradeProof(host, proof, online.calendars, evidenceOf);
    notes.push(...upgrade.notes);
    if (upgrade.isChanged) {
      await writeTextFile(file, encodeOtsProof(upgrade.proof));
      notes.push(`${file} was written with the longer proof`);
    }
    proof = upgrade.proof;
  }
  const verdict = verifyAnchor(proof, stamped, await blocks.evidenceOf(neededHeights(proof)));
  const report = reportOf(VERDICTS[verdict.state]);
  if (look.amount !== 'problems' || report.verdict !== 'verified') {
    tellLines(host, look, [
      `${safe(withoutKey(file))}: a stamp of ${safe(withoutKey(stampedFile))}`,
      ...linesOfAnchor(verdict, look),
      ...[...notes, ...blocks.takeFailures()].map((note) => `  ${safe(note)}`),
    ]);
  }
  return report;
}

function reportOf(verdict: Verdict): Report {
  const nothing = { levels: [], checks: [], claims: null, tree: null, key: null };
  return { verdict, ...nothing, anchors: [], steps: [] };
}

async function readFileOrTell(
  host: Host,
  file: string,
  limitBytes: number,
): Promise<Uint8Array | null> {
  const source = await readSource(host, file, limitBytes);
  if (source.kind === 'bytes') return source.bytes;
  const reasons = { 'too-large': 'it is too large', stopped: 'stopped' };
  const reason = source.kind === 'unreadable' ? source.reason : reasons[source.kind];
  tellProblem(host, `cannot read ${safe(withoutKey(file))}: ${reason}`, 'E_IO');
  return null;
}
