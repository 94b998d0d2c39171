// @ts-check
/** Puts all mutants of a file into it at once, each behind a switch, so that one compilation serves them all. @module */
import { parseSync } from 'vite';
import { mutationsOf } from './operators.mjs';

/**
 * @typedef {import('./operators.mjs').Node} Node
 * @typedef {{ id: number, file: string, line: number, code: string, change: string, nth: number }} Mutant
 * `nth` counts equal changes on one line of text, so that a list can name a mutant without its number.
 */

/** In the instrumented code: whether this mutant is the active one. Calling it also says that the place was reached. */
export const SWITCH = '__kapselMutant';
/** In the instrumented code: called once an iteration, stops loops that a mutant made endless. */
export const LOOP = '__kapselLoop';

// Types are gone before the code runs; names of members and imports are no values.
const SKIPPED_MEMBERS = new Set([
  'typeAnnotation',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
  'returnType',
  'implements',
  'source',
  'specifiers',
  'label',
  'id',
  'params',
]);
const TYPED_VALUES = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression']);
const LOOPS = /^(While|DoWhile|For|ForOf|ForIn)Statement$/;

/**
 * @param {string} file
 * @param {string} source
 * @param {number} firstId
 * @returns {{ text: string, mutants: Mutant[] }}
 */
export function instrument(file, source, firstId) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const writer = new Writer(file, source, firstId);
  return { text: writer.write(/** @type {any} */ (program), null, ''), mutants: writer.mutants };
}

/** Walks the tree and writes the text again; it owns the list of mutants. */
class Writer {
  /** @type {Mutant[]} */
  mutants = [];
  #file;
  #source;
  #nextId;
  #lines;

  /** @param {string} file @param {string} source @param {number} firstId */
  constructor(file, source, firstId) {
    this.#file = file;
    this.#source = source;
    this.#nextId = firstId;
    this.#lines = source.split('\n');
  }

  /** @param {Node} node @param {Node | null} parent @param {string} member @returns {string} */
  write(node, parent, member) {
    const written = this.#withChildren(node);
    const mutations = mutationsOf(node, parent, member, (part) =>
      this.#source.slice(part.start, part.end),
    );
    if (mutations.length === 0) return written;
    const choices = mutations.map(({ change, text }) => ({
      test: `${SWITCH}(${this.#register(node, change)})`,
      text,
    }));
    if (node.type === 'ExpressionStatement') {
      // In braces: an `else` behind it belongs to another `if`.
      return `{ if (!${choices.map(({ test }) => test).join(' && !')}) { ${written} } }`;
    }
    return `(${choices.map(({ test, text }) => `${test} ? (${text}) : `).join('')}(${written}))`;
  }

  /** @param {Node} node */
  #withChildren(node) {
    let text = '';
    let at = node.start;
    for (const { child, member } of childrenOf(node)) {
      text += this.#source.slice(at, child.start);
      const written = this.write(child, node, member);
      const isBody = member === 'body' && LOOPS.test(node.type);
      text += isBody ? `{ ${LOOP}(); ${written} }` : written;
      at = child.end;
    }
    return text + this.#source.slice(at, node.end);
  }

  /** @param {Node} node @param {string} change */
  #register(node, change) {
    const line = this.#source.slice(0, node.start).split('\n').length;
    const code = (this.#lines[line - 1] ?? '').trim();
    const nth = this.mutants.filter(
      (other) => other.code === code && other.change === change,
    ).length;
    const id = this.#nextId++;
    this.mutants.push({ id, file: this.#file, line, code, change, nth });
    return id;
  }
}

/** The parts of a node that are code, in the order of the text. @param {Node} node */
function childrenOf(node) {
  if (node.type.startsWith('TS') && !TYPED_VALUES.has(node.type)) return [];
  if (node.type === 'ImportDeclaration') return [];
  const found = [];
  for (const [member, value] of Object.entries(node)) {
    if (SKIPPED_MEMBERS.has(member) || isOnlyName(node, member)) continue;
    for (const child of [value].flat()) {
      if (isNode(child) && !isPartOfChain(node, member)) found.push({ child, member });
    }
  }
  return found.sort((a, b) => a.child.start - b.child.start);
}

/** @param {Node} node @param {string} member */
function isOnlyName(node, member) {
  if (node.type === 'MemberExpression') return member === 'property' && !node.computed;
  if (node.type === 'Property') return (member === 'key' && !node.computed) || node.shorthand;
  if (node.type === 'PropertyDefinition' || node.type === 'MethodDefinition') {
    return member === 'key' && !node.computed;
  }
  return (
    (node.type === 'AssignmentExpression' && member === 'left') || node.type === 'UpdateExpression'
  );
}

/** `a?.b.c`: brackets around a part would change what is skipped when `a` is missing. @param {Node} node @param {string} member */
function isPartOfChain(node, member) {
  return node.type === 'ChainExpression' && member === 'expression';
}

/** @param {unknown} value @returns {value is Node} */
function isNode(value) {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
