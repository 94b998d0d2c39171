// @ts-check
/** Leaves out the methods that nothing in a program names: a bundler keeps every method of a class that is used. @module */
import { parseAst } from 'rolldown/parseAst';

/**
 * The program without methods (and accessors) whose name occurs nowhere but where they are defined. Leaving one out may
 * make others unused, so call it until nothing changes. Only for programs that hand out no class with methods, and
 * that reach no member by a name made at run time.
 * @param {string} code @returns {string}
 */
export function withoutUnusedMethods(code) {
  /** @type {Map<string, number>} */
  const mentions = new Map();
  /** @type {{ name: string, start: number, end: number }[]} */
  const methods = [];
  visit(parseAst(code), (node) => {
    const name = node.name ?? node.value;
    const isName = node.type === 'Identifier' || node.type === 'Literal';
    if (isName && typeof name === 'string') mentions.set(name, (mentions.get(name) ?? 0) + 1);
    if (node.type !== 'MethodDefinition' || node.key?.type !== 'Identifier') return;
    if (node.kind === 'constructor' || node.computed) return;
    methods.push({ name: String(node.key.name), start: node.start, end: node.end });
  });
  const unused = methods.filter(({ name }) => mentions.get(name) === 1);
  return unused.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), code);
}

/**
 * @typedef {{ type?: string, name?: unknown, value?: unknown, key?: Node, kind?: string, computed?: boolean, start: number, end: number }} Node
 * @param {unknown} node @param {(node: Node) => void} tell
 */
function visit(node, tell) {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) tell(/** @type {Node} */ (node));
  for (const child of Object.values(node)) visit(child, tell);
}
