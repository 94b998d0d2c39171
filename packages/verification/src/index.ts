/** The public list of the verification core: all that other packages may use. @module */
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
export type { CodeWords } from './code-words.ts';
export type { Commitments, NumberCommitment } from './commitments.ts';
export type { ConsistencyRoots } from './consistency.ts';
export { rootsFromConsistencyProof, verifyConsistency } from './consistency.ts';
export type { ConsistencyProof } from './consistency-proof.ts';
export { parseConsistencyProof } from './consistency-proof.ts';
export { escapeForDisplay } from './display-escape.ts';
export { isStrictPublicKey, verifyEd25519 } from './ed25519.ts';
export type { ErrorCode, RefusalDetails, Verdict } from './errors.ts';
export { ERROR_CODES, VerificationError, verdictOfCode } from './errors.ts';
export type { DeliveryLines } from './explain.ts';
export {
  deliveryLines,
  describeCheck,
  explainCode,
  headlineOfVerdict,
  levelsText,
  shortKeyId,
} from './explain.ts';
export { emptyRoot, leafHash, nodeHash, sha256 } from './hash.ts';
export type { InclusionSteps } from './inclusion.ts';
export { inclusionSteps, rootFromInclusionProof, verifyInclusion } from './inclusion.ts';
export type { DeliveryLeaf, Outcome } from './leaf.ts';
export { parseLeaf } from './leaf.ts';
export type { Note, NoteKey, NoteSignature } from './note.ts';
export { encodeNoteSignature, noteKeyId, parseNote, verifyNote } from './note.ts';
export { isOrigin } from './origin.ts';
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
export type {
  Check,
  CheckId,
  CheckStatus,
  Claims,
  ConsistencyReport,
  HeadFacts,
  KeyFacts,
  Level,
  PathStep,
  Report,
  Step,
  TreeFacts,
} from './report.ts';
export { leadingFailure, worstVerdict } from './report.ts';
export type { TreeHead } from './tree-head.ts';
export { encodeTreeHead, parseTreeHead, verifyTreeHead } from './tree-head.ts';
export type { Trust, TrustedKey } from './trust.ts';
export type { VerifyOptions } from './verify.ts';
export { verifyProofPackage } from './verify.ts';
export { verifyHeadConsistency } from './verify-consistency.ts';
