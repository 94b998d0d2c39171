/** The public list, pinned: an addition fails as well as a removal, since others are written against it. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as core from '../src/index.ts';

const VALUES = [
  'ERROR_CODES',
  'VerificationError',
  'base64FromBytes',
  'bytesFromBase64',
  'bytesFromHex',
  'deliveryLines',
  'describeCheck',
  'emptyRoot',
  'encodeCheckpointBody',
  'encodeNoteSignature',
  'encodeTreeHead',
  'equalBytes',
  'escapeForDisplay',
  'explainCode',
  'headlineOfVerdict',
  'hexFromBytes',
  'inclusionSteps',
  'isOrigin',
  'isStrictPublicKey',
  'keyIdFromPublicKey',
  'leadingFailure',
  'leafHash',
  'levelsText',
  'nodeHash',
  'noteKeyId',
  'parseCheckpoint',
  'parseConsistencyProof',
  'parseLeaf',
  'parseNote',
  'parseProofPackage',
  'parsePublicKey',
  'parseTreeHead',
  'rootFromInclusionProof',
  'rootsFromConsistencyProof',
  'sha256',
  'shortKeyId',
  'stringFromUtf8',
  'utf8FromString',
  'verdictOfCode',
  'verifyCheckpoint',
  'verifyConsistency',
  'verifyEd25519',
  'verifyHeadConsistency',
  'verifyInclusion',
  'verifyNote',
  'verifyProofPackage',
  'verifyTreeHead',
  'worstVerdict',
];
const TYPES = [
  'Anchor',
  'Check',
  'CheckId',
  'CheckStatus',
  'Checkpoint',
  'Claims',
  'CodeWords',
  'Commitments',
  'ConsistencyProof',
  'ConsistencyReport',
  'ConsistencyRoots',
  'DeliveryLeaf',
  'DeliveryLines',
  'Disclosure',
  'ErrorCode',
  'HeadFacts',
  'InclusionProof',
  'InclusionSteps',
  'KeyFacts',
  'Level',
  'LoggedLeaf',
  'Note',
  'NoteKey',
  'NoteSignature',
  'NumberCommitment',
  'Outcome',
  'PackageReceipt',
  'PathStep',
  'ProofPackage',
  'PublicKey',
  'RefusalDetails',
  'Report',
  'Step',
  'TreeFacts',
  'TreeHead',
  'Trust',
  'TrustedKey',
  'Verdict',
  'VerifyOptions',
];

describe('the public list', () => {
  it('holds exactly these values', () => {
    expect(Object.keys(core).sort()).toEqual(VALUES);
  });

  it('holds exactly these types', () => {
    const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8');
    const lists = [...source.matchAll(/export type \{([^}]*)\}/g)].map((match) => match[1] ?? '');
    const names = lists
      .join(',')
      .split(',')
      .map((name) => name.trim());
    expect(names.filter((name) => name !== '').sort()).toEqual(TYPES);
  });

  it('is written by hand, without stars', () => {
    const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8');
    expect(source).not.toMatch(/export \*/);
  });
});
