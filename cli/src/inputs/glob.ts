/** File name patterns: `*`, `?`, `[a-z]` within a name, `**` across folders. Source of truth: verifier-ux 2.1. @module */

/** Whether a word may be meant as a pattern. */
export function isPattern(word: string): boolean {
  return /[*?[]/.test(word);
}

/** The folder to walk for a pattern: everything in front of the first name that is one. */
export function baseOfPattern(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex(isPattern);
  const fixed = parts.slice(0, first === -1 ? parts.length - 1 : first).join('/');
  if (fixed !== '') return fixed;
  return pattern.startsWith('/') ? '/' : '.';
}

/** Tells which paths, written with `/`, a pattern means. A name that begins with a dot is meant only when written so. */
export function matcherOfPattern(pattern: string): (path: string) => boolean {
  const parts = pattern.split('/').filter((part) => part !== '.');
  return function matches(path) {
    return matchParts(
      parts,
      path.split('/').filter((name) => name !== '.'),
    );
  };
}

/** Each part is compared once per name: no pattern makes it take long. */
function matchParts(parts: readonly string[], names: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const name of names) {
    const next = new Set<number>();
    for (const at of closure(reached, parts)) {
      const part = parts[at];
      if (part === '**') {
        if (!name.startsWith('.')) next.add(at);
      } else if (part !== undefined && matchName(part, name)) next.add(at + 1);
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return closure(reached, parts).has(parts.length);
}

/** `**` also means no folder at all. */
function closure(reached: ReadonlySet<number>, parts: readonly string[]): Set<number> {
  const all = new Set<number>();
  for (let at of reached) {
    all.add(at);
    while (parts[at] === '**') all.add(++at);
  }
  return all;
}

/** One name against one part; the two cursors only go back to the last `*`, so it is at worst quadratic. */
function matchName(part: string, name: string): boolean {
  if (name.startsWith('.') && !part.startsWith('.')) return false;
  const tokens = tokensOf(part);
  let [token, at, star, resume] = [0, 0, -1, 0];
  while (at < name.length) {
    const current = tokens[token];
    if (current === '*') {
      star = token++;
      resume = at;
    } else if (current !== undefined && matchesOne(current, name[at] ?? '')) {
      token++;
      at++;
    } else if (star !== -1) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}

type Token = string | RegExp;

function tokensOf(part: string): readonly Token[] {
  return (part.match(/\[[^\]/]+\]|[\s\S]/g) ?? []).map(tokenOf);
}

/** A set that says nothing sensible (`[z-a]`) stands for its own characters, like any other text. */
function tokenOf(text: string): Token {
  if (!/^\[.+\]$/.test(text)) return text;
  const inner = text.slice(1, -1).replace(/^!/, '^').replace(/[\\[]/g, '\\$&');
  try {
    return new RegExp(`^[${inner}]$`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function matchesOne(token: Token, character: string): boolean {
  if (typeof token !== 'string') return token.test(character);
  return token === '?' || token === character;
}
