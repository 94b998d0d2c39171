/** The example of the README, as a file that compiles and runs. @module */
import {
  deliveryLines,
  describeCheck,
  followKeyStatements,
  parsePublicKey,
  verifyProofPackage,
} from '@kapsel/verification';

/** What a program would print about one file; the first line is the verdict. */
export function linesAbout(file: Uint8Array, keyText: string, nowMs: number): readonly string[] {
  const key = parsePublicKey(keyText); // 64 hex digits, base64, PEM, JWK or a C2SP vkey
  const trust = { keys: [{ publicKey: key.bytes, name: key.name }] };

  const report = verifyProofPackage(file, trust, { nowMs, followKeyStatements });

  const lines = [report.verdict, ...report.checks.map(describeCheck)];
  // Take nothing from a file that is not verified.
  if (report.claims?.authenticated) lines.push(deliveryLines(report)?.delivered ?? '');
  return lines;
}
