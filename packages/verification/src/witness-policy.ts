/** Witness policies: which logs are known, which witnesses, and how many of them must have cosigned. C2SP tlog-policy. @module */
import { equalBytes, utf8Length } from './bytes.ts';
import { refusalAs, refusalOf, VerificationError } from './errors.ts';
import type { NoteKey } from './note.ts';
import type { CosignatureCounter } from './policy-check.ts';
import type { PolicyGroup, PolicyWitness, QuorumRule } from './quorum.ts';
import { countCosignatures } from './quorum.ts';
import type { VkeyKind } from './vkey.ts';
import { parseVkey } from './vkey.ts';

/** A log: the name of its key is its origin. */
export interface PolicyLog extends NoteKey {
  readonly url: string | null;
}

/**
 * A policy whose names all lead somewhere, and in which no witness can count twice. It is made by `parseWitnessPolicy`
 * and counts cosignatures itself.
 */
export interface WitnessPolicy extends QuorumRule, CosignatureCounter {
  readonly logs: readonly PolicyLog[];
}

const MAX_POLICY_BYTES = 262_144;
const MAX_OF_EACH = 256; // the specification wants 32 at least
const NONE = 'none';
// biome-ignore lint/suspicious/noControlCharactersInRegex: a policy holds no control character but tab and newline
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/**
 * Reads a policy. Throws `E_USAGE` with the line for what the format does not allow, `E_KEY_FORMAT` or
 * `E_KEY_PRIVATE` with the line for a key that is no vkey of the right type.
 * @example parseWitnessPolicy('witness w1 w.example+…\nquorum w1\n').quorum // 'w1'
 */
export function parseWitnessPolicy(text: string): WitnessPolicy {
  if (utf8Length(text) > MAX_POLICY_BYTES) {
    throw refused('the policy', `at most ${MAX_POLICY_BYTES} bytes`, 'more');
  }
  const draft = new PolicyDraft();
  for (const [i, line] of text.split('\n').entries()) {
    const field = `line ${i + 1}`;
    if (CONTROL_CHARACTER.test(line)) throw refused(field, 'no control characters', 'one');
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words[0] === undefined || words[0].startsWith('#')) continue;
    draft.add(words[0], words.slice(1), field);
  }
  return draft.finish();
}

/** A policy being read, line by line; it owns what has been defined so far. */
class PolicyDraft {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #defined = new Set<string>();
  readonly #grouped = new Set<string>();
  #quorum: string | null | undefined;

  add(keyword: string, words: readonly string[], field: string): void {
    switch (keyword) {
      case 'log':
        this.#addLog(words, field);
        break;
      case 'witness':
        this.#addWitness(words, field);
        break;
      case 'group':
        this.#addGroup(words, field);
        break;
      case 'quorum':
        this.#setQuorum(words, field);
        break;
      default:
        throw refused(field, 'log, witness, group, quorum or a comment', 'another word');
    }
  }

  finish(): WitnessPolicy {
    if (this.#quorum === undefined) throw refused('the policy', 'a quorum line', 'none');
    const rule: QuorumRule = {
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum,
    };
    return {
      ...rule,
      logs: this.#logs,
      countCosignatures: (note, prefix) => countCosignatures(rule, note, prefix),
    };
  }

  #addLog(words: readonly string[], field: string): void {
    assertWordCount(words, 1, 2, 'log <vkey> [<url>]', field);
    const key = readKey(words[0] as string, 'log', field);
    assertNewKey(key, this.#logs, field);
    assertRoom(this.#logs, field);
    this.#logs.push({ ...key, url: words[1] ?? null });
  }

  #addWitness(words: readonly string[], field: string): void {
    assertWordCount(words, 2, 3, 'witness <name> <vkey> [<url>]', field);
    const [name, vkey, url = null] = words as [string, string, string?];
    this.#define(name, field);
    const key = readKey(vkey, 'witness', field);
    // The same key under two names would be one witness that counts twice.
    const others = this.#witnesses.map((witness) => witness.key);
    assertNewKey(key, others, field);
    assertRoom(this.#witnesses, field);
    this.#witnesses.push({ name, key, url });
  }

  #addGroup(words: readonly string[], field: string): void {
    const form = 'group <name> all|any|<k> <member>...';
    assertWordCount(words, 3, Number.POSITIVE_INFINITY, form, field); // no name stands twice in all groups
    const [name, rule, ...members] = words as [string, string, ...string[]];
    for (const member of members) this.#joinGroup(member, field);
    this.#define(name, field); // after its members: a group is no member of itself
    assertRoom(this.#groups, field);
    this.#groups.push({ name, threshold: readThreshold(rule, members.length, field), members });
  }

  #setQuorum(words: readonly string[], field: string): void {
    assertWordCount(words, 1, 1, 'quorum <name>|none', field);
    if (this.#quorum !== undefined) throw refused(field, 'one quorum line', 'a second one');
    const name = words[0] as string;
    if (name !== NONE) this.#assertDefined(name, field);
    this.#quorum = name === NONE ? null : name;
  }

  #define(name: string, field: string): void {
    if (name === NONE) throw refused(field, 'another name than "none"', 'this one');
    if (this.#defined.has(name)) throw refused(field, 'each name defined once', 'a second time');
    this.#defined.add(name);
  }

  #joinGroup(name: string, field: string): void {
    this.#assertDefined(name, field);
    // Twice in one group or in two groups: either way a witness would count twice.
    if (this.#grouped.has(name)) throw refused(field, 'each name in one group', 'a second time');
    this.#grouped.add(name);
  }

  #assertDefined(name: string, field: string): void {
    if (!this.#defined.has(name)) throw refused(field, 'a name defined before', 'another one');
  }
}

function assertWordCount(
  words: readonly string[],
  least: number,
  most: number,
  form: string,
  field: string,
): void {
  if (words.length < least || words.length > most) {
    throw refused(field, form, `${words.length} words after the first`);
  }
}

function assertRoom(list: readonly unknown[], field: string): void {
  if (list.length >= MAX_OF_EACH) throw refused(field, `at most ${MAX_OF_EACH} of each`, 'more');
}

function assertNewKey(key: NoteKey, others: readonly NoteKey[], field: string): void {
  if (others.some((other) => equalBytes(other.publicKey, key.publicKey))) {
    throw refused(field, 'each key once', 'a second time');
  }
}

function readThreshold(rule: string, memberCount: number, field: string): number {
  if (rule === 'any') return 1;
  if (rule === 'all') return memberCount;
  const threshold = Number(rule);
  if (/^[1-9][0-9]{0,2}$/.test(rule) && threshold <= memberCount) return threshold;
  throw refused(field, `all, any or a number from 1 to ${memberCount}`, 'another word');
}

function readKey(vkey: string, kind: VkeyKind, field: string): NoteKey {
  try {
    return parseVkey(vkey, kind);
  } catch (cause) {
    const error = refusalOf(cause);
    throw refusalAs(error, field);
  }
}

function refused(field: string, expected: string, actual: string): VerificationError {
  return new VerificationError('E_USAGE', { field, expected, actual });
}
