/** `kapsel-verify anchor`: did the tree head of a proof exist before a Bitcoin block? The proof's own verdict comes first. Source of truth: verifier-ux 2.1, opentimestamps 5. @module */
import {
  base64FromBytes,
  encodeOtsProof,
  neededHeights,
  parseOtsProof,
  parseProofPackage,
  RunTally,
  VerificationError,
} from '@kapsel/verification';
import { filesOfHeaderOptions, readAnchorEvidence } from '../anchor-evidence.ts';
import type { AnchorOptions, OnlineOptions } from '../anchor-options.ts';
import { upgradeProof } from '../anchor-upgrade.ts';
import { applyRequirements } from '../apply-requirements.ts';
import { assertHeaderSources } from '../header-sources.ts';
import type { Host } from '../host.ts';
import { DEFAULT_LIMITS, type Item } from '../inputs/item.ts';
import { InputReader } from '../inputs/read-items.ts';
import { KnownBlocks } from '../known-blocks.ts';
import { tellLines } from '../options.ts';
import { writeTextFile } from '../output-file.ts';
import { readPinnedKeys } from '../pinned-keys.ts';
import { anchorLines } from '../render/anchor.ts';
import { safe } from '../render/checks.ts';
import { verdictBlock } from '../render/text.ts';
import { NO_REQUIREMENTS, type Requirements } from '../requirements.ts';
import { type Result, resultFromItem } from '../result.ts';
import { assertStdinOnce, STDIN_NAME } from '../source.ts';
import { settingsFromKeys } from '../worker.ts';
import { checkStamp } from './stamp.ts';

const LEVEL_C: Requirements = {
  rules: [{ kind: 'level', level: 'C' }],
  texts: ['level=C'],
  payloadHash: null,
};

/** Returns the exit code: 0 only when every proof is verified and its anchor confirmed, 5 while one waits. */
export async function checkAnchors(host: Host, options: AnchorOptions): Promise<number> {
  const { files, look, nowMs, online } = options;
  const { publicKeys, trustFiles } = options;
  assertStdinOnce([
    ...files,
    ...publicKeys,
    ...trustFiles,
    ...filesOfHeaderOptions(options.headers),
  ]);
  if (online !== null) assertHeaderSources(online);
  const given = await readAnchorEvidence(host, options.headers);
  const blocks = new KnownBlocks(host, given, online);
  const tally = new RunTally();
  const stamps = files.filter((file) => file.endsWith('.ots'));
  for (const file of stamps) tally.add(await checkStamp(host, file, options, blocks));
  const packages = files.filter((file) => !file.endsWith('.ots'));
  // A stamp names no key; a package is believed under a pinned one alone.
  const keys = packages.length === 0 ? [] : await readPinnedKeys(host, options);
  const reader = new InputReader(host, DEFAULT_LIMITS);
  for await (const found of reader.read(packages)) {
    const { item, notes } = await upgraded(host, found, blocks, online);
    const evidence = await blocks.evidenceOf(heightsOf(item));
    const common = { keys, nowMs, requirements: NO_REQUIREMENTS, evidence, wantsDigest: false };
    const result = resultFromItem(item, settingsFromKeys(common, false));
    const required = applyRequirements(result.report, LEVEL_C, nowMs);
    tally.add(required);
    if (look.amount !== 'problems' || required.verdict !== 'verified') {
      tellLines(host, look, linesOf(result, notes, blocks.takeFailures(), options));
    }
    await host.stdout.ready();
    if (host.signal.aborted) break;
  }
  return tally.exitCode(host.signal.reason === 'interrupted');
}

function linesOf(
  result: Result,
  notes: readonly string[],
  failures: readonly string[],
  { look, files }: AnchorOptions,
): readonly string[] {
  const name = files.length === 1 ? [] : [`${safe(result.label)}:`];
  return [
    ...name,
    ...verdictBlock(result, look, false),
    ...anchorLines(result.report, look),
    ...[...notes, ...failures].map((note) => `  ${safe(note)}`),
  ];
}

function heightsOf(item: Item): readonly number[] {
  const anchors = packageOf(item)?.anchors ?? [];
  const heights = anchors.flatMap(
    ({ proof }) => readOrNull(() => neededHeights(parseOtsProof(proof))) ?? [],
  );
  return [...new Set(heights)].sort((one, other) => one - other);
}

/** The package with what the calendars had to add, written back to its file. */
async function upgraded(
  host: Host,
  item: Item,
  blocks: KnownBlocks,
  online: OnlineOptions | null,
): Promise<{ readonly item: Item; readonly notes: readonly string[] }> {
  const made = packageOf(item);
  if (item.kind !== 'package' || made === null || online?.isUpgrade !== true) {
    return { item, notes: [] };
  }
  const notes: string[] = [];
  const proofs = new Map<number, string>();
  for (const [i, anchor] of made.anchors.entries()) {
    const proof = readOrNull(() => parseOtsProof(anchor.proof));
    if (proof === null) continue; // the check says what is wrong with it
    const evidenceOf = (heights: readonly number[]) => blocks.evidenceOf(heights);
    const upgrade = await upgradeProof(host, proof, online.calendars, evidenceOf);
    notes.push(...upgrade.notes);
    if (upgrade.isChanged) proofs.set(i, base64FromBytes(encodeOtsProof(upgrade.proof)));
  }
  if (proofs.size === 0) return { item, notes };
  const text = textWithProofs(item.bytes, proofs);
  const { path, entry, line } = item.place;
  if (entry === null && line === null && path !== STDIN_NAME) {
    await writeTextFile(path, text);
    notes.push(`${path} was written with the longer proof`);
  } else {
    notes.push('only a file of its own is written: the longer proof was used for this check alone');
  }
  return { item: { ...item, bytes: new Uint8Array(Buffer.from(text)) }, notes };
}

/** The strict reader took it, so the engine's reader sees the same: each member once. */
function textWithProofs(bytes: Uint8Array, proofs: ReadonlyMap<number, string>): string {
  const text = Buffer.from(bytes).toString('utf8');
  const made = JSON.parse(text) as { anchors: { proof: string }[] };
  for (const [i, proof] of proofs) {
    const anchor = made.anchors[i];
    if (anchor !== undefined) anchor.proof = proof;
  }
  const isIndented = text.trimEnd().includes('\n');
  return `${JSON.stringify(made, null, isIndented ? 2 : 0)}${text.endsWith('\n') ? '\n' : ''}`;
}

function packageOf(item: Item) {
  return item.kind === 'package' ? readOrNull(() => parseProofPackage(item.bytes)) : null;
}

function readOrNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}
