/** The rules that a text can break, in words: what is wanted, and what was found where the refusal quotes nothing. @module */

/** `#` stands for the value that the refusal carries. */
interface RuleWords {
  readonly expected: string;
  readonly actual?: string;
}

const WORDS = {
  // Text and bytes
  'max-bytes': { expected: 'at most # bytes', actual: '# bytes' },
  'utf-8': { expected: 'UTF-8', actual: 'another byte sequence at byte #' },
  'well-formed': { expected: 'well-formed text', actual: 'a lone surrogate' },
  base64: { expected: 'base64 with padding, its spare bits zero', actual: 'another text' },
  'hex-pairs': { expected: 'an even number of hex digits', actual: '# characters' },
  hex: { expected: 'lower-case hex digits', actual: 'another character at position #' },
  'hex-length': { expected: '# lower-case hex digits', actual: '# characters' },
  'hex-digits': { expected: '# lower-case hex digits', actual: 'other characters' },
  // JSON
  'json-end': { expected: 'nothing after the value' },
  'json-value': { expected: 'a value', actual: 'the end of the text' },
  'json-name': { expected: 'a member name', actual: 'the end of the text' },
  'json-colon': { expected: '":"', actual: 'the end of the text' },
  'json-brace': { expected: '"," or "}"', actual: 'the end of the text' },
  'json-bracket': { expected: '"," or "]"', actual: 'the end of the text' },
  'json-quote': { expected: 'the end of the string', actual: 'the end of the text' },
  'json-escape': { expected: 'an escape that JSON knows', actual: 'the end of the text' },
  'json-digits': { expected: 'four hex digits', actual: 'the end of the text' },
  'json-integer': {
    expected: 'an integer below 2^53 in plain digits',
    actual: 'another number at #',
  },
  'member-once': { expected: 'each member once', actual: 'a second one at #' },
  'max-depth': { expected: 'at most # levels of nesting', actual: 'more' },
  'exact-json': {
    expected: 'the text that JSON.stringify writes',
    actual: 'white space or needless escapes',
  },
  // Members
  object: { expected: 'an object' },
  array: { expected: 'an array' },
  string: { expected: 'a string' },
  boolean: { expected: 'true or false' },
  integer: { expected: 'an integer' },
  'integer-range': { expected: 'an integer from #' },
  'max-items': { expected: 'at most # items', actual: '# items' },
  'member-present': { expected: 'a member of this name', actual: 'none' },
  'member-unknown': { expected: 'no member of this name', actual: 'one' },
  'member-order': { expected: '# here', actual: 'this one' },
  'one-of': { expected: '#', actual: 'another string' },
  uuid: { expected: 'a lower-case uuid', actual: 'another string' },
  origin: {
    expected: '1 to 255 printable ASCII characters without space, "+" and quotes',
    actual: 'another string',
  },
  time: { expected: 'a time like 2026-01-15T10:30:45.000Z', actual: 'another string' },
  url: { expected: 'a URL without credentials', actual: 'another string' },
  'error-code': { expected: 'a short code', actual: 'another string' },
  'json-pointer': { expected: 'a JSON pointer', actual: 'another string' },
  'leaf-type': { expected: '#', actual: 'another type or none' },
  'status-of-outcome': { expected: 'a status that fits the outcome #' },
  'power-of-two': { expected: 'a power of two' },
  'pointer-order': {
    expected: 'pointers in rising order',
    actual: 'one that is not above the one before',
  },
  // Notes and checkpoints
  'note-text-end': { expected: 'an empty line before the signatures', actual: 'none' },
  'note-end': { expected: 'signature lines that end in a newline', actual: 'another end' },
  'note-control': {
    expected: 'no control characters but newlines',
    actual: 'another control character',
  },
  'note-line': {
    expected: 'signature lines of the form "\u2014 name base64"',
    actual: 'another line',
  },
  'note-max-lines': { expected: 'at most # signature lines', actual: '# lines' },
  'note-base64': { expected: 'signatures in base64 with padding', actual: 'another text' },
  'note-blob': { expected: 'a key id and a signature', actual: 'fewer than 5 bytes' },
  'note-good': { expected: 'a good signature on each line of the key', actual: 'a bad one' },
  'note-signed': { expected: 'a signature by the key', actual: 'none' },
  'checkpoint-end': { expected: 'a newline at the end of the text', actual: 'none' },
  'checkpoint-origin': { expected: 'an origin on line 1', actual: 'an empty line' },
  'checkpoint-size': { expected: 'a decimal size on line 2', actual: 'another line' },
  'checkpoint-max-size': { expected: 'a size of at most 2^63-1' },
  'checkpoint-root': { expected: 'a base64 root on line 3', actual: 'another line' },
  'checkpoint-root-length': { expected: 'a root of 32 bytes on line 3', actual: 'another length' },
  'checkpoint-lines': { expected: 'no empty line in the text', actual: 'one' },
  'note-one-line': { expected: 'one signature line of the log', actual: '# lines' },
  // OpenTimestamps proofs: the value is the byte
  'ots-magic': { expected: 'an OpenTimestamps proof', actual: 'another file' },
  'ots-version': { expected: 'version 1 of the format', actual: 'another one at byte #' },
  'ots-cut': { expected: 'more bytes', actual: 'the end at byte #' },
  'ots-end': { expected: 'nothing after the proof', actual: 'more from byte #' },
  'ots-operation': { expected: 'an operation of the format', actual: 'another tag at byte #' },
  'ots-depth': { expected: 'at most 255 operations in a row', actual: 'one more at byte #' },
  'ots-message': { expected: 'messages of at most 4096 bytes', actual: 'a longer one at byte #' },
  'ots-length': { expected: 'a length that the format allows', actual: 'another at byte #' },
  'ots-varuint': {
    expected: 'a number below 2^53 in at most 8 bytes',
    actual: 'another at byte #',
  },
  'ots-uri': {
    expected: 'a calendar address of letters, digits and - . _ / :',
    actual: 'another text at byte #',
  },
  'ots-height': { expected: 'a block height below 2^32', actual: 'another at byte #' },
  'ots-work': { expected: 'a proof of at most 64 MiB of messages', actual: 'more at byte #' },
  // Chains of blocks
  'chain-name': {
    expected: 'a name of up to 64 letters, digits and . _ -',
    actual: 'another text',
  },
  'header-bytes': { expected: 'headers of # bytes', actual: '# bytes' },
  'header-target': { expected: 'a target that the chain allows', actual: 'another (bits #)' },
  'header-work': { expected: 'a hash below the target', actual: '#' },
  'header-given': {
    expected: 'a height, a colon, and a Merkle root or a header in hex',
    actual: 'another text',
  },
  'header-link': {
    expected: 'headers that each name the hash of the one before',
    actual: 'header # names another one',
  },
  'header-bits': {
    expected: 'targets by the rule of difficulty of the chain',
    actual: 'another one in header #',
  },
  'header-pin': { expected: 'the known blocks of the chain "#"', actual: 'another block' },
  'header-height': { expected: 'a first header of height #', actual: 'height #' },
} as const;

/** Which rule a text breaks. Each has its words above: a rule without words does not compile. */
export type Rule = keyof typeof WORDS;

/** What a refusal carries of a broken rule: the values beside it, or nothing. */
export interface BrokenRule {
  readonly rule?: Rule | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

/** Both values as people read them. Where no rule is named they are the values themselves. */
export function wordsOfValues({ rule, expected, actual }: BrokenRule): {
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
} {
  if (rule === undefined) return { expected, actual };
  const words: RuleWords = WORDS[rule];
  return {
    expected: words.expected.replace('#', () => expected ?? ''),
    actual: actual === undefined ? words.actual : around(words.actual, actual),
  };
}

// Only some sentences have a place for the value; elsewhere it says all by itself.
function around(words: string | undefined, value: string): string {
  return words?.includes('#') ? words.replace('#', () => value) : value;
}
