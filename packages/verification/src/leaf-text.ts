/** What every leaf text obeys, whatever its type: one text for one meaning, at most as long as a tile entry. Proof format. @module */
import { utf8Length } from './bytes.ts';
import { refusalAs, refusalOf, VerificationError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { parseExactJson } from './json.ts';
import type { Reader } from './members.ts';
import { isJsonObject, textThat } from './members.ts';
import { msFromTime } from './time.ts';

/** A leaf is served as a tile entry whose length is 16 bits. C2SP tlog-tiles. */
const MAX_LEAF_BYTES = 65_535;

/**
 * Reads a leaf of this type. Throws `E_TOO_LARGE`, `E_VERSION` (a later version of the type) or `E_LEAF_TEXT`: any
 * other text that says the same is refused too, since the log hashed only one.
 */
export function readLeafText<Leaf>(
  text: string,
  type: string,
  read: (value: JsonValue) => Leaf,
): Leaf {
  try {
    assertLeafSize(text);
    const { value, isExact } = parseExactJson(text);
    assertType(value, type);
    const leaf = read(value);
    if (isExact) return leaf;
    throw new VerificationError('E_LEAF_TEXT', { rule: 'exact-json' });
  } catch (cause) {
    const error = refusalOf(cause);
    throw asLeafRefusal(error);
  }
}

/** A member that is a time. */
export const time: Reader<string> = /* @__PURE__ */ textThat(
  (text) => msFromTime(text) !== null,
  'time',
);

function assertLeafSize(text: string): void {
  const lengthBytes = utf8Length(text);
  if (lengthBytes > MAX_LEAF_BYTES) {
    throw new VerificationError('E_TOO_LARGE', {
      rule: 'max-bytes',
      expected: `${MAX_LEAF_BYTES}`,
      actual: `${lengthBytes}`,
    });
  }
}

function assertType(value: JsonValue, wanted: string): void {
  const type = isJsonObject(value) ? value.get('type') : undefined;
  if (type === wanted) return;
  const isLaterVersion = typeof type === 'string' && isVersionOf(type, wanted);
  throw new VerificationError(isLaterVersion ? 'E_VERSION' : 'E_LEAF_TEXT', {
    field: 'type',
    rule: isLaterVersion ? undefined : 'leaf-type',
    expected: wanted,
    actual: isLaterVersion ? type : undefined,
  });
}

// `kapsel.delivery/v7` is a version of `kapsel.delivery/v1`.
function isVersionOf(type: string, wanted: string): boolean {
  const stem = wanted.slice(0, wanted.lastIndexOf('/') + 1);
  return type.startsWith(stem) && /^v[0-9]{1,6}$/.test(type.slice(stem.length));
}

const KEPT_CODES: readonly string[] = ['E_TOO_LARGE', 'E_VERSION'];

function asLeafRefusal(error: VerificationError): VerificationError {
  const code = KEPT_CODES.includes(error.code) ? error.code : 'E_LEAF_TEXT';
  return refusalAs(error, placeInLeaf(error.field), code);
}

// A refusal names a member or a position, or neither.
function placeInLeaf(field: string | undefined): string {
  if (field === undefined) return 'leaf_data';
  const joint = /^(?:line|column) \d/.test(field) ? ' at ' : '.';
  return `leaf_data${joint}${field}`;
}
