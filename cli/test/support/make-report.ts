/** Real reports for the tests of what is printed: made by the core from packages of the test log. @module */
import { type Report, verifyProofPackage } from '@kapsel/verification';
import { HEAD_TIME_MS, makeLog, type ProofJson } from './make-proof.ts';

export const REPORT_LOG = makeLog(1, [{}, {}, {}]);

/** The report on the second proof of the log, after a change, under its key or under none. */
export function makeReport(
  change: (proof: ProofJson) => void = () => undefined,
  isPinned = true,
): Report {
  const proof = REPORT_LOG.proof(1);
  change(proof);
  const publicKey = Buffer.from(REPORT_LOG.publicKeyHex, 'hex');
  const keys = isPinned ? [{ publicKey, name: null }] : [];
  return verifyProofPackage(JSON.stringify(proof), { keys }, { nowMs: HEAD_TIME_MS });
}
