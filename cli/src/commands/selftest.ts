/** `kapsel-verify selftest`: a good proof passes, every altered one fails. Source of truth: verifier-ux 2.1. @module */
import { anchorChecker, bytesFromHex, leadingFailure, type Verdict } from '@kapsel/verification';
import { evidenceOfMainnet } from '../anchor-evidence.ts';
import { EXIT_INTERNAL } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { type Look, tellLines } from '../options.ts';
import { glyphOfVerdict } from '../render/glyphs.ts';
import { NO_REQUIREMENTS } from '../requirements.ts';
import { reportOf } from '../result.ts';
import { VECTOR_KEY, VECTOR_NOW_MS, VECTOR_TEXT } from '../selftest-vector.ts';

/** What is done to the good proof, and the verdict it must come to. */
interface Alteration {
  readonly what: string;
  readonly verdict: Verdict;
  readonly change: (text: string) => string;
}

const ALTERATIONS: readonly Alteration[] = [
  alter('another HTTP status in the leaf', 'invalid', ':200,', ':201,'),
  alter('one digit of the leaf hash', 'invalid', /"leaf_hash":"(.)/, flip),
  alter('one digit of the first hash of the path', 'invalid', /"proof_hashes":\["(.)/, flip),
  alter('one hash left out of the path', 'invalid', /("proof_hashes":\[)"[0-9a-f]+",?/, '$1'),
  alter('another index', 'invalid', /("leaf_index":)(\d+)/, (_all, name, n) => `${name}${+n + 1}`),
  alter(
    'another tree size',
    'invalid',
    /("tree_size":)(\d+)/,
    (_all, name, n) => `${name}${+n + 1}`,
  ),
  alter('one digit of the signature', 'invalid', /"signature":"(.)/, flip),
  alter(
    'another time of the head',
    'invalid',
    /("timestamp":)(\d+)/,
    (_all, name, n) => `${name}${+n + 1}`,
  ),
  alter(
    'another root in the checkpoint',
    'invalid',
    /(\\n\d+\\n)(.)/,
    (_all, start, c) => start + (c === 'A' ? 'B' : 'A'),
  ),
  alter('a later version of the format', 'malformed', 'kapsel.proof/v1', 'kapsel.proof/v9'),
  alter('a member twice', 'malformed', '{"format"', '{"format":"kapsel.proof/v1","format"'),
  alter('cut off in the middle', 'malformed', /[\s\S]{200}$/, ''),
];

/** Prints a line each and ends with 70 when this program does not do what it should. */
export function selftest(host: Host, look: Look): number {
  const rows = [
    rowOf('the proof as it is', 'verified', VECTOR_TEXT, VECTOR_KEY),
    rowOf('the same, without its key', 'untrusted', VECTOR_TEXT, null),
    ...ALTERATIONS.map(({ what, verdict, change }) =>
      rowOf(what, verdict, change(VECTOR_TEXT), VECTOR_KEY),
    ),
  ];
  const failed = rows.filter(({ isGood }) => !isGood);
  const lines = rows
    .filter(({ isGood }) => look.amount !== 'problems' || !isGood)
    .map(({ isGood, what, verdict, code }) => {
      const sign = glyphOfVerdict(isGood ? 'verified' : 'invalid', look.ascii);
      const ending = code === '' ? '' : `  [${code}]`;
      return `${look.paint(sign, isGood ? 'verified' : 'invalid')} ${what.padEnd(42)} ${verdict}${ending}`;
    });
  const summary =
    failed.length === 0
      ? `All ${rows.length} answers are right: one proof verified, ${rows.length - 1} altered ones refused.`
      : `${failed.length} of ${rows.length} answers are wrong: do not use this program.`;
  tellLines(host, look, [...lines, summary]);
  return failed.length === 0 ? 0 : EXIT_INTERNAL;
}

function rowOf(what: string, wanted: Verdict, text: string, key: string | null) {
  const report = reportOf(new Uint8Array(Buffer.from(text)), {
    trust: { keys: key === null ? [] : [{ publicKey: bytesFromHex(key), name: null }] },
    nowMs: VECTOR_NOW_MS,
    requirements: NO_REQUIREMENTS,
    checkAnchors: anchorChecker(evidenceOfMainnet()),
    wantsDigest: false,
    wantsBytes: false,
  });
  const isAltered = wanted === 'verified' || key === null || text !== VECTOR_TEXT;
  const code = leadingFailure(report)?.code ?? '';
  return { what, verdict: report.verdict, code, isGood: isAltered && report.verdict === wanted };
}

function alter(
  what: string,
  verdict: Verdict,
  find: string | RegExp,
  by: string | ((all: string, ...parts: string[]) => string),
): Alteration {
  const change = (text: string) =>
    typeof by === 'string' ? text.replace(find, by) : text.replace(find, by);
  return { what, verdict, change };
}

/** Another digit in place of the one that was found last. */
function flip(all: string): string {
  return all.slice(0, -1) + (all.endsWith('0') ? '1' : '0');
}
