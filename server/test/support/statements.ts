/** Reads the SQL of a store out of its source: each constant, and the functions that use it. @module */

/** One SQL constant, with the constants that it is put together from already put in. */
export interface Statement {
  readonly name: string;
  readonly sql: string;
  /** The functions of the file that name it, directly or through another constant. */
  readonly functions: readonly string[];
}

const CONSTANT =
  /^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: \w+)? =\s*(`[^`]*`|'[^']*'|"[^"]*"|\w+);$/gm;
const FUNCTION = /^(?:export )?(?:async )?function (\w+)/;
const STATEMENT_START = /^\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE|MERGE|SHOW|CREATE|ALTER|DROP)\b/;
const QUERY_CALL = /\.query(?:<(?:[^<>]|<[^<>]*>)*>)?\(\s*(?:prepared\(\s*)?([^,)]+)/g;

/** All statements of one file. `beside` is the text of the files whose constants it may put in. */
export function readStatements(source: string, beside = ''): Statement[] {
  const own = readConstants(source);
  const literals = new Map([...readConstants(beside), ...own]);
  return [...own.keys()]
    .map((name) => ({
      name,
      sql: textOf(name, literals),
      functions: functionsNaming(namesContaining(name, literals), source),
    }))
    .filter(({ sql }) => STATEMENT_START.test(sql));
}

function readConstants(source: string): Map<string, string> {
  return new Map(
    [...source.matchAll(CONSTANT)].map(([, name = '', literal = '']) => [name, literal]),
  );
}

/** What is handed to `.query(` in a file, as it is written there. */
export function readQueryArguments(source: string): string[] {
  return [...source.matchAll(QUERY_CALL)].map(([, argument = '']) => argument.trim());
}

function textOf(name: string, literals: ReadonlyMap<string, string>): string {
  const literal = literals.get(name);
  if (literal === undefined) throw new Error(`${name} is not a constant of the file`);
  if (!/^[`'"]/.test(literal)) return String(Number(literal));
  return literal.slice(1, -1).replaceAll(/\$\{(\w+)\}/g, (_match, part) => textOf(part, literals));
}

/** The constant itself and those that contain it. */
function namesContaining(name: string, literals: ReadonlyMap<string, string>): string[] {
  const outer = [...literals].filter(([, literal]) => literal.includes(`\${${name}}`));
  return [name, ...outer.flatMap(([each]) => namesContaining(each, literals))];
}

function functionsNaming(names: readonly string[], source: string): string[] {
  const parts = source.split(/^(?=(?:export )?(?:async )?function )/m);
  return parts.flatMap((part) => {
    const name = FUNCTION.exec(part)?.[1];
    // What follows a function up to the next belongs to the next: its constants and types.
    const body = part.slice(0, part.search(/^}$/m));
    const isNamed = names.some((each) => new RegExp(`\\b${each}\\b`).test(body));
    return name !== undefined && isNamed ? [name] : [];
  });
}
