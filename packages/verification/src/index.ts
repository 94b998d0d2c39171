/** The public list of the verification core: all that other packages may use. @module */
export { anchorChecker } from './anchor-check.ts';
export { anchorWords, blockWords } from './anchor-words.ts';
export {
  base64FromBytes,
  bytesFromBase64,
  bytesFromHex,
  equalBytes,
  hexFromBytes,
  stringFromUtf8,
  utf8FromString,
} from './bytes.ts';
export type { Checkpoint } from './checkpoint.ts';
export { encodeCheckpointBody, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
export type { Chunks } from './chunks.ts';
export { collectBytes } from './chunks.ts';
export type { CodeWords } from './code-words.ts';
export type { Commitments, NumberCommitment } from './commitments.ts';
export type { ConsistencyRoots } from './consistency.ts';
export { rootsFromConsistencyProof, verifyConsistency } from './consistency.ts';
export type { ConsistencyProof } from './consistency-proof.ts';
export { parseConsistencyProof } from './consistency-proof.ts';
export type { Cosignature, TimedSignature } from './cosignature.ts';
export { encodeCosignatureMessage, parseCosignature, verifyCosignatures } from './cosignature.ts';
export { escapeForDisplay } from './display-escape.ts';
export { isStrictPublicKey, verifyEd25519 } from './ed25519.ts';
export type { ErrorCode, RefusalDetails, Verdict } from './errors.ts';
export { ERROR_CODES, VerificationError, verdictOfCode } from './errors.ts';
export type { DeliveryLines, ValueWords } from './explain.ts';
export {
  deliveryLines,
  describeCheck,
  describeValues,
  explainCode,
  headlineOfVerdict,
  levelsText,
  shortKeyId,
} from './explain.ts';
export { emptyRoot, leafHash, nodeHash, sha256 } from './hash.ts';
export type { InclusionSteps } from './inclusion.ts';
export { inclusionSteps, rootFromInclusionProof, verifyInclusion } from './inclusion.ts';
export type { InputRefusal } from './input-refusal.ts';
export { InputError, reportOfRefusal } from './input-refusal.ts';
export type { KeyChain, KeyRevocation, KeyStatement } from './key-chain.ts';
export { verifyKeyChain } from './key-chain.ts';
export { followKeyStatements } from './key-check.ts';
export type { KeyAction, KeyLeaf } from './key-leaf.ts';
export { parseKeyLeaf } from './key-leaf.ts';
export type { DeliveryLeaf, Outcome } from './leaf.ts';
export { parseLeaf } from './leaf.ts';
export type { Note, NoteKey, NoteSignature } from './note.ts';
export { encodeNoteSignature, noteKeyId, parseNote, verifyNote } from './note.ts';
export { isOrigin } from './origin.ts';
export type { OtsAttestation } from './ots/attestation.ts';
export type { BlockHeader, HeaderFields } from './ots/block-header.ts';
export { displayHash, parseBlockHeader } from './ots/block-header.ts';
export type { ChainParameters, ChainPin } from './ots/chain.ts';
export { parseChainParameters } from './ots/chain.ts';
export { parseGivenHeader, parseHeaderFile } from './ots/given-headers.ts';
export type {
  AnchorEvidence,
  HeaderEvidence,
  HeaderSource,
  HeaderTrust,
} from './ots/header-evidence.ts';
export type { HeaderRun } from './ots/header-run.ts';
export { parseHeaderRun } from './ots/header-run.ts';
export { bitcoinMainnet } from './ots/mainnet.ts';
export type { OtsOperation } from './ots/operation.ts';
export { applyOtsOperation } from './ots/operation.ts';
export type { OtsFileHash, OtsProof } from './ots/proof.ts';
export { encodeOtsProof, parseOtsProof } from './ots/proof.ts';
export { stampFormOfCheckpoint } from './ots/stamp-form.ts';
export type { AttestedMessage, OtsBranch, OtsTimestamp } from './ots/timestamp.ts';
export {
  attestedMessages,
  encodeOtsTimestamp,
  growOtsTimestamp,
  mergeOtsTimestamps,
  operationsTo,
  otsTimestampThrough,
  parseOtsTimestamp,
} from './ots/timestamp.ts';
export type { AnchorState, AnchorVerdict, AttestationVerdict } from './ots/verify-anchor.ts';
export { neededHeights, verifyAnchor } from './ots/verify-anchor.ts';
export type { KeyResult } from './pinned-key.ts';
export type { CosignatureCounter, PolicyResult } from './policy-check.ts';
export type {
  Anchor,
  Disclosure,
  InclusionProof,
  LoggedLeaf,
  PackageReceipt,
  ProofPackage,
} from './proof-package.ts';
export { parseProofPackage } from './proof-package.ts';
export type { PublicKey } from './public-key.ts';
export { keyIdFromPublicKey, parsePublicKey } from './public-key.ts';
export type { PolicyGroup, PolicyWitness, QuorumRule } from './quorum.ts';
export { isQuorumMet } from './quorum.ts';
export type {
  Found,
  Input,
  InputLimits,
  InputPlace,
  OpenArchive,
} from './read-input.ts';
export { archiveOfBytes, labelOfPlace, mayHoldProofs, readInput } from './read-input.ts';
export type {
  Check,
  CheckId,
  CheckStatus,
  Claims,
  ConsistencyReport,
  HeadFacts,
  KeyFacts,
  KeyStatementFacts,
  Level,
  PathStep,
  Report,
  Step,
  TreeFacts,
} from './report.ts';
export { leadingFailure, worstVerdict } from './report.ts';
export type { BrokenRule, Rule } from './rule-words.ts';
export type {
  ResultInput,
  RunReportEnd,
  RunReportKey,
  RunReportStart,
  RunReportWriter,
} from './run-report.ts';
export {
  RUN_REPORT_FORMAT,
  resultJson,
  runReportDocument,
  runReportLines,
} from './run-report.ts';
export {
  EXIT_INTERRUPTED,
  EXIT_NO_INPUT,
  exitCodeFromVerdict,
  RunTally,
  VERDICTS_SHOWN,
} from './run-tally.ts';
export type { EntryBundleId, TileId } from './tile.ts';
export {
  encodeEntryBundlePath,
  encodeTilePath,
  parseEntryBundle,
  parseEntryBundlePath,
  parseHashTile,
  parseTilePath,
  TILE_WIDTH,
  verifyEntryBundle,
} from './tile.ts';
export {
  planConsistencyTiles,
  planInclusionTiles,
  planLeafTiles,
  planRootTiles,
} from './tile-plan.ts';
export type { TileInclusionProof } from './tile-proof.ts';
export {
  consistencyProofFromTiles,
  inclusionProofFromTiles,
  leafHashesFromTiles,
  rootFromTiles,
} from './tile-proof.ts';
export type { TlogProof } from './tlog-proof.ts';
export {
  encodeTlogProof,
  parseTlogProof,
  tlogProofFromPackage,
  verifyTlogProofInclusion,
} from './tlog-proof.ts';
export type { TreeHead } from './tree-head.ts';
export { encodeTreeHead, parseTreeHead, verifyTreeHead } from './tree-head.ts';
export type { Trust, TrustedKey } from './trust.ts';
export type { Unpack, Unpackers } from './unpack.ts';
export type { AnchorChecker, AnchorResult, KeyStatementFollower, VerifyOptions } from './verify.ts';
export { verifyProofPackage } from './verify.ts';
export { verifyHeadConsistency } from './verify-consistency.ts';
export type { TlogProofReport } from './verify-tlog-proof.ts';
export { verifyTlogProof } from './verify-tlog-proof.ts';
export type { VkeyKind } from './vkey.ts';
export { encodeVkey, parseVkey } from './vkey.ts';
export type { PolicyLog, WitnessPolicy } from './witness-policy.ts';
export { parseWitnessPolicy } from './witness-policy.ts';
export { readZipEntry } from './zip.ts';
export type { RandomAccess, ZipEntry } from './zip-directory.ts';
export { faultOfEntryName, readZipDirectory } from './zip-directory.ts';
