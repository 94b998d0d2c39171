/** Every name of the public list is explained where it is declared: a sentence, an example, and what it throws. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const SOURCE = new URL('../src/', import.meta.url);

interface PublicName {
  readonly name: string;
  readonly file: string;
}

interface Declaration {
  readonly kind: string;
  readonly comment: string;
  /** From the name to the end of the signature. */
  readonly signature: string;
}

const NAMES = publicNames(readFileSync(new URL('index.ts', SOURCE), 'utf8'));

function publicNames(index: string): PublicName[] {
  const lists = index.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/([^']+)';/gm);
  return [...lists].flatMap(([, names = '', file = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({ name, file })),
  );
}

/** The declaration of a name, with the comment that stands directly above it. */
function declarationOf(text: string, name: string): Declaration | null {
  const head = new RegExp(
    `^export (?:declare |abstract |async )?(function\\*?|const|class|interface|type) ${name}\\b`,
    'm',
  ).exec(text);
  if (head === null) return null;
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n$/.exec(text.slice(0, head.index))?.[1] ?? '';
  const signature = /^[\s\S]*?(?:\{\n|;\n|=)/.exec(text.slice(head.index))?.[0] ?? '';
  const isModule = comment.includes('@module');
  return { kind: head[1]?.replace('*', '') ?? '', comment: isModule ? '' : comment, signature };
}

/** Words before the first tag. */
function sentenceOf({ comment }: Declaration): string {
  const prose = comment.replaceAll(/^\s*\*? ?/gm, ' ').replaceAll(/\s+/g, ' ');
  return prose.split(/@\w+/)[0]?.trim() ?? '';
}

/** Reports and yes-or-no answers come back whatever the input is; all else that reads or checks must say when it throws. */
function mayThrow(name: string, { signature }: Declaration): boolean {
  return /^(parse|verify|read|open)/.test(name) && !/\): (boolean|\w*Report) \{\n$/.test(signature);
}

describe('the reader of declarations', () => {
  it('tells what is explained from what is not', () => {
    const text =
      '/** Opens. @module */\nexport type A = 1;\n/** Says a thing.\n * @example b() */\nexport function b(): void {\n}\nexport const c = 1;\n';
    expect(declarationOf(text, 'A')).toMatchObject({ kind: 'type', comment: '' });
    expect(sentenceOf(declarationOf(text, 'b') as Declaration)).toBe('Says a thing.');
    expect(declarationOf(text, 'c')).toMatchObject({ kind: 'const', comment: '' });
    expect(declarationOf(text, 'd')).toBeNull();
  });
});

it('the public list was read', () => {
  expect(NAMES.length).toBeGreaterThan(60);
});

describe.each(NAMES)('$name of $file', ({ name, file }) => {
  const declaration = declarationOf(readFileSync(new URL(file, SOURCE), 'utf8'), name);

  it('has its comment', () => {
    if (declaration === null) throw new Error(`${name} is not declared in ${file}`);
    const { kind, comment } = declaration;
    expect(sentenceOf(declaration).split(' ').length).toBeGreaterThan(2);
    if (kind === 'function') expect(comment).toContain('@example');
    if (kind === 'function' && mayThrow(name, declaration))
      expect(comment).toMatch(/[Tt]hrows|`E_[A-Z_]+`/);
  });
});
