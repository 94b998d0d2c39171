/** The words of each refusal code: what failed, where, how both values are called, likely causes, what to do next. @module */
import type { ErrorCode } from './errors.ts';

/** The five parts of what a person is told; the member and the values themselves come with the check. */
export interface CodeWords {
  /** What failed, as the end of "inclusion - …". */
  readonly what: string;
  /** The member to look at where the check names none. */
  readonly where: string;
  /** How the two values are called: `computed 3f1c… / signed 3b7e…`. */
  readonly values: { readonly actual: string; readonly expected: string };
  readonly causes: string;
  readonly next: string;
}

const AGAIN = 'Download it again and compare; if it still fails, keep the file - it is evidence.';
const EXPLAIN = `${AGAIN} --explain shows each hash.`;
const FOUND = { actual: 'found', expected: 'wanted' };
const COMPUTED = { actual: 'computed', expected: 'stated' };
const ASK_ISSUER = 'Ask whoever gave you the file for the original .kapsel.json.';
const NOT_BUILT_BY_HAND =
  'Download the package from the log again; do not edit or reformat leaf_data.';

type Words = readonly [
  what: string,
  where: string,
  values: { readonly actual: string; readonly expected: string },
  causes: string,
  next: string,
];

const WORDS: Readonly<Record<ErrorCode, Words>> = {
  E_JSON: [
    'not JSON',
    'the file',
    FOUND,
    'The file is cut off, is something else, or was saved in another encoding.',
    ASK_ISSUER,
  ],
  E_DUPLICATE_MEMBER: [
    'a member appears twice',
    'the file',
    FOUND,
    'Programs differ in which of the two they read, so neither is used. No Kapsel server writes this.',
    ASK_ISSUER,
  ],
  E_VERSION: [
    'this is written in a format this program does not read',
    'format',
    { actual: 'written in', expected: 'this program reads' },
    'The file is from a newer version, or is no Kapsel file. It may be fine in a newer verifier.',
    'Get a newer verifier. kapsel-verify version lists the formats this one reads.',
  ],
  E_FIELD: [
    'a member is missing, unknown or of the wrong form',
    'the file',
    FOUND,
    'The file was edited or converted, or another program wrote it.',
    ASK_ISSUER,
  ],
  E_LEAF_TEXT: [
    'the leaf text breaks the rules of its format',
    'leaf_data',
    FOUND,
    'The text was reformatted or made by other software: the log hashed one exact text.',
    NOT_BUILT_BY_HAND,
  ],
  E_TOO_LARGE: [
    'this is larger than a proof may be',
    'the file',
    FOUND,
    'This is another kind of file, or several packages in one.',
    'Give one package per file or per line.',
  ],
  E_LEAF_HASH: [
    'the leaf text has another hash',
    'leaf_hash',
    COMPUTED,
    'The leaf or its hash was changed, or two packages were mixed into one file.',
    EXPLAIN,
  ],
  E_INDEX_RANGE: [
    'the index lies outside the tree',
    'inclusion_proof.leaf_index',
    FOUND,
    'The index or the tree size was changed, or two packages were mixed into one file.',
    EXPLAIN,
  ],
  E_PATH_LENGTH: [
    'the path has the wrong number of hashes for this index and size',
    'inclusion_proof.proof_hashes',
    FOUND,
    'A hash was added or removed, or the index or the size was changed.',
    EXPLAIN,
  ],
  E_ROOT_MISMATCH: [
    'the path leads to another root',
    'signed_tree_head.root_hash',
    { actual: 'computed', expected: 'signed' },
    'Either the leaf, its index or the path was changed, or two packages were mixed into one file.',
    EXPLAIN,
  ],
  E_HEAD_MISMATCH: [
    'two members that must agree do not',
    'signed_tree_head',
    FOUND,
    'One of the two was changed, or the proof belongs to another head.',
    AGAIN,
  ],
  E_STH_SIGNATURE: [
    'the key did not sign this tree head',
    'signed_tree_head.signature',
    { actual: 'signature', expected: 'wanted' },
    'The size, the root, the time, the key or the signature was changed.',
    EXPLAIN,
  ],
  E_CHECKPOINT: [
    'the checkpoint does not confirm the tree head',
    'signed_tree_head.checkpoint',
    FOUND,
    'The checkpoint was changed, or it is of another head or another log.',
    AGAIN,
  ],
  E_KEY_CHAIN: [
    'the key statements contradict each other or the tree head',
    'key_chain',
    FOUND,
    'A statement was changed, left out or put in another place, or belongs to another log.',
    AGAIN,
  ],
  E_PAYLOAD_HASH: [
    'the body you hold is not the body that was sent',
    'leaf_data.payload_hash',
    { actual: 'your body', expected: 'in the leaf' },
    'It is the body of another delivery, or was reformatted: one byte more or less counts.',
    'Compare the exact bytes as received, before any parsing.',
  ],
  E_RECEIPT: [
    'the receipt does not hold for this delivery',
    'receipt',
    FOUND,
    'The receipt was changed, covers less than the whole exchange, or is of another delivery.',
    'Ask the destination for its copy of the receipt.',
  ],
  E_ANCHOR_MISMATCH: [
    'the anchor does not lead to that Bitcoin block',
    'anchors',
    COMPUTED,
    'The anchor is of another checkpoint, or the header is of another block.',
    'Compare the block header with a second source.',
  ],
  E_DISCLOSURE: [
    'a disclosed field does not belong to this delivery',
    'disclosures',
    COMPUTED,
    'The field, its salt or its path was changed, or it is of another delivery.',
    AGAIN,
  ],
  E_CONSISTENCY: [
    'the later tree does not begin with the earlier one',
    'proof.proof_hashes',
    COMPUTED,
    'The proof is of other heads, or the log changed leaves it had published.',
    'Fetch the proof again; if it still fails, keep both heads and the proof - they are evidence.',
  ],
  E_ROLLBACK: [
    'the later head has the smaller tree',
    'new_head.tree_size',
    FOUND,
    'The log was set back to an older state, or leaves were removed.',
    'Keep both heads as received: together they are evidence. Show them to other users of the log.',
  ],
  E_SPLIT_VIEW: [
    'the log signed two different trees of the same size',
    'new_head.root_hash',
    { actual: 'new head', expected: 'old head' },
    'The log shows different trees to different people, or changed a leaf it had published.',
    'Keep both heads as received: together they are evidence. Show them to other users of the log.',
  ],
  E_KEY_UNKNOWN: [
    'the signing key is not one you pinned',
    'signed_tree_head.public_key',
    { actual: 'signed by', expected: 'wanted' },
    'The key is of another log or a newer one, or somebody else signed this.',
    "Get the log's public key from its operator by another way than this file, and pin it.",
  ],
  E_KEY_WINDOW: [
    'the head is from a time for which the key is not pinned',
    'signed_tree_head.timestamp',
    { actual: 'head time', expected: 'pinned' },
    'The key was replaced before or after this head, or the window in your trust file is wrong.',
    "Ask the operator when the key was in use, and correct the key's window.",
  ],
  E_KEY_REVOKED: [
    'the signing key was revoked',
    'key_chain',
    { actual: 'head time', expected: 'revoked from' },
    'The key was lost or stolen: who has it can sign any head, also one with an earlier time.',
    'Ask for the proof under the next key of the log.',
  ],
  E_RECEIPT_KEY: [
    "nobody vouches for the destination's key",
    'receipt.key',
    FOUND,
    'The key is neither pinned by you nor listed in the log.',
    'Get the receipt key from the destination by another way than this file.',
  ],
  E_STH_TIME: [
    'the time of the tree head cannot be right',
    'signed_tree_head.timestamp',
    FOUND,
    'A clock is wrong: yours, if the head seems to come from the future, otherwise that of the log.',
    'Check your clock; --now sets the time to compare with.',
  ],
  E_POLICY: [
    'a rule you required is not met',
    'the package',
    FOUND,
    'The proof holds, but shows less than you asked for.',
    'Ask for a proof that shows more, or require less.',
  ],
  E_ANCHOR_PENDING: [
    'the Bitcoin anchor is not confirmed yet',
    'anchors',
    FOUND,
    'The calendars have not yet put it into a block; that takes some hours.',
    'Download the package again later.',
  ],
  E_ANCHOR_HEADER: [
    'the block header that decides the anchor was not given',
    'anchors',
    FOUND,
    'The anchor names a block, and only its header shows whether that is true.',
    'Get the header of that block from a source that you trust, and compare.',
  ],
  E_USAGE: [
    'the command was not understood',
    'the command line',
    FOUND,
    'An option is unknown, incomplete, or does not go with another.',
    'kapsel-verify help lists commands and options.',
  ],
  E_NO_KEY: [
    'no key to trust was given',
    '--public-key',
    FOUND,
    'A package cannot vouch for its own key.',
    'Give the key of the log with --public-key.',
  ],
  E_KEY_FORMAT: [
    'this is not an Ed25519 public key in a form that is read here',
    '--public-key',
    FOUND,
    'Some characters are missing, or it is a key of another kind, or one that no honest signer has.',
    'Give 64 lower-case hex digits, base64, a PEM public key, a JWK, or a C2SP vkey.',
  ],
  E_KEY_PRIVATE: [
    'this is a private key',
    '--public-key',
    FOUND,
    'Only the public half is needed here. The text was not stored and is not shown.',
    'Give the public key. If the private key has been seen by others, replace it.',
  ],
  E_NO_INPUT: [
    'no proof was found',
    'the command line',
    FOUND,
    'The file does not exist, the pattern matches nothing, or the folder holds no package.',
    'Check the path. Zero proofs never count as verified.',
  ],
  E_IO: [
    'the input could not be read',
    'the file',
    FOUND,
    'The file is missing, is not readable for you, or the disk failed.',
    'Check the path and its permissions.',
  ],
  E_NET: [
    'the server could not be reached',
    'the address',
    FOUND,
    'The network or the server is down. This says nothing about any proof.',
    'Try again later, or download the file and check it offline.',
  ],
  E_INTERNAL: [
    'the program failed, not the proof',
    'the program',
    FOUND,
    'This is a mistake in the verifier.',
    'Report it with the version and the command. The proof has not been judged.',
  ],
};

/** The words of one code. */
export function wordsOfCode(code: ErrorCode): CodeWords {
  const [what, where, values, causes, next] = WORDS[code];
  return { what, where, values, causes, next };
}
