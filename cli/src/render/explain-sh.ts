/** A script that does the calculation again with sha256sum and OpenSSL alone. Source of truth: verifier-ux 2.8. @module */
import {
  attestedMessages,
  displayHash,
  hexFromBytes,
  type OtsOperation,
  operationsTo,
  type PathStep,
  type ProofPackage,
  parseOtsProof,
  parseProofPackage,
  type Step,
  stampFormOfCheckpoint,
  utf8FromString,
  VerificationError,
} from '@kapsel/verification';

const HEX_PER_LINE = 64;
const SPKI_PREFIX = '302a300506032b6570032100'; // RFC 8410 section 4, in front of the 32 bytes of the key

/**
 * The script for a package whose steps were reached. Nothing of the package enters it as text: every value is spelt in
 * hex digits, so a hostile URL is never read by the shell.
 */
export function explainScript(bytes: Uint8Array, steps: readonly Step[]): string | null {
  const leaf = steps.find((step) => step.kind === 'leaf');
  const signature = steps.find((step) => step.kind === 'signature');
  if (leaf === undefined || signature === undefined) return null;
  const made = parseProofPackage(bytes);
  const path = steps.filter((step): step is PathStep => step.kind === 'path');
  return [
    HEADER,
    "leaf=$(cat <<'HEX'",
    ...linesOfHex(hexFromBytes(utf8FromString(made.leafData))),
    'HEX',
    ')',
    `stated=${hex(hexFromBytes(made.leafHash))}`,
    `signed_root=${hex(hexFromBytes(made.signedTreeHead.rootHash))}`,
    `message=${hex(signature.message)}`,
    `signature=${hex(signature.signature)}`,
    `public_key=${hex(signature.publicKey)}`,
    '',
    'ours=$( { bytes 00; printf "%s\\n" "$leaf" | bytes_of_lines; } | sha256)',
    'check "1 leaf: SHA-256(00 || leaf) is the stated leaf hash" "$ours" "$stated"',
    ...path.map(rungLine),
    'check "3 root: the path leads to the signed root" "$ours" "$signed_root"',
    'check_message',
    'check_signature',
    ...anchorLines(made),
    'finish',
    '',
  ].join('\n');
}

function anchorLines(made: ProofPackage): readonly string[] {
  try {
    return linesOfFirstAnchor(made);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return ["say '       6 anchor: cannot be read'"];
  }
}

/** The way of the first anchor to the Merkle root of its lowest block, if the script can do its operations. */
function linesOfFirstAnchor({ anchors, signedTreeHead: head }: ProofPackage): readonly string[] {
  const [anchor] = anchors;
  if (anchor === undefined || head.checkpoint === null) return [];
  const { timestamp } = parseOtsProof(anchor.proof);
  const [lowest] = attestedMessages(timestamp)
    .flatMap(({ attestation, message }) =>
      attestation.kind === 'bitcoin' ? [{ attestation, message, height: attestation.height }] : [],
    )
    .sort((one, other) => one.height - other.height);
  if (lowest === undefined) return ["say '       6 anchor: not yet in a Bitcoin block'"];
  const steps = (operationsTo(timestamp, lowest.attestation) ?? []).map(operationLine);
  if (steps.includes(null))
    return ["say '       6 anchor: has operations this script does not do'"];
  const note = stampFormOfCheckpoint(head.checkpoint, head.log, head.publicKey);
  return [
    `stamped=${hex(hexFromBytes(timestamp.message))}`,
    `ours=$(bytes ${hex(hexFromBytes(note))} | sha256)`,
    'check "6 anchor: SHA-256(checkpoint) is what was stamped" "$ours" "$stamped"',
    ...steps.filter((step) => step !== null),
    `say "       ${steps.length} operations lead to the Merkle root (bytes as in the header)"`,
    'say "       $ours"',
    `say "       Bitcoin block ${lowest.height} must have it; explorers show it reversed:"`,
    `say "       ${displayHash(lowest.message)}"`,
    `check "6 anchor: the operations lead to this root" "$ours" ${hex(hexFromBytes(lowest.message))}`,
  ];
}

/** Null for the operations that no calendar of today writes. */
function operationLine(operation: OtsOperation): string | null {
  switch (operation.kind) {
    case 'append':
      return `ours="$ours"${hex(hexFromBytes(operation.argument))}`;
    case 'prepend':
      return `ours=${hex(hexFromBytes(operation.argument))}"$ours"`;
    case 'sha256':
      return 'ours=$(bytes "$ours" | sha256)';
    default:
      return null;
  }
}

function rungLine({ siblingSide, sibling, rung, rungs }: PathStep): string {
  const order =
    siblingSide === 'left' ? `bytes 01${hex(sibling)}"$ours"` : `bytes 01"$ours"${hex(sibling)}`;
  return `ours=$(${order} | sha256); say "2 path ${rung}/${rungs}: $ours"`;
}

/** The last guard: a value that is not hex must not reach the script, whatever the reader before it let pass. */
function hex(text: string): string {
  if (!/^([0-9a-f]{2})+$/.test(text)) throw new TypeError('a value of the script is not hex');
  return text;
}

function linesOfHex(text: string): readonly string[] {
  return hex(text).match(new RegExp(`.{1,${HEX_PER_LINE}}`, 'g')) ?? [];
}

const HEADER = `#!/bin/sh
# Made by kapsel-verify --explain=sh. It does the calculation of one proof again with sha256sum (or shasum) and
# OpenSSL 3.0 or newer alone: the leaf hash, the path to the root, the signature over the tree head, and the way of a
# Bitcoin anchor to the Merkle root of its block.
# It explains; kapsel-verify decides: OpenSSL accepts a few signatures that a strict verifier refuses, and whether
# the key is the one you trust only you can tell. It reads no file and opens no connection.
# Ends with 0 when every step holds, 1 when one does not, 2 when a tool is missing.
set -u
LC_ALL=C
export LC_ALL
failed=0
say() { printf '%s\\n' "$1"; }
bytes() {
  rest=$1
  while [ -n "$rest" ]; do
    next=\${rest#??}
    pair=\${rest%"$next"}
    # shellcheck disable=SC2059
    printf "\\\\$(printf %03o "0x$pair")"
    rest=$next
  done
}
bytes_of_lines() { while read -r line; do bytes "$line"; done; }
if command -v sha256sum >/dev/null 2>&1; then
  sha256() { sha256sum | cut -d ' ' -f 1; }
elif command -v shasum >/dev/null 2>&1; then
  sha256() { shasum -a 256 | cut -d ' ' -f 1; }
else
  say 'neither sha256sum nor shasum was found'
  exit 2
fi
check() {
  if [ "$2" = "$3" ]; then
    say "ok     $1"
    say "       $2"
  else
    say "FAILED $1"
    say "       computed $2"
    say "       stated   $3"
    failed=1
  fi
}
# The signed bytes are 0001, the time, the size and the root: the root in them must be the one of the path.
check_message() {
  root_in_message=\${message#????????????????????????????????????}
  if [ "$root_in_message" = "$signed_root" ]; then
    say 'ok     4 head: the signed 50 bytes end with this root'
  else
    say 'FAILED 4 head: the signed bytes hold another root'
    failed=1
  fi
}
check_signature() {
  if ! openssl pkeyutl -help 2>&1 | grep -q -e -rawin; then
    say 'this openssl has no "pkeyutl -rawin" (OpenSSL 3.0 has it): the signature was not checked'
    exit 2
  fi
  folder=$(mktemp -d) || exit 2
  trap 'rm -rf "$folder"' EXIT
  bytes ${SPKI_PREFIX}"$public_key" >"$folder/key.der"
  bytes "$message" >"$folder/message"
  bytes "$signature" >"$folder/signature"
  if openssl pkeyutl -verify -pubin -keyform DER -inkey "$folder/key.der" -rawin \\
    -in "$folder/message" -sigfile "$folder/signature" >/dev/null 2>&1; then
    say 'ok     5 signature: Ed25519 over these 50 bytes, by the key'
  else
    say 'FAILED 5 signature: the key did not sign these bytes'
    failed=1
  fi
  say "       $public_key"
}
finish() {
  if [ "$failed" = 0 ]; then
    say 'Every step holds. Now compare the key above with the one you trust.'
  else
    say 'At least one step does not hold.'
  fi
  exit "$failed"
}
`;
