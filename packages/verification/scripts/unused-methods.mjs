// @ts-check
/** Leaves out the methods that a program never reaches: a bundler keeps every method of a class that is used. @module */
import { parseAst } from 'rolldown/parseAst';

/**
 * The program without the methods (and accessors) whose name nothing asks a value for, other than methods that are
 * left out themselves. Only for programs that hand out no class with methods, and that reach no member by a name made
 * at run time.
 * @param {string} code @returns {string}
 */
export function withoutUnusedMethods(code) {
  /** @type {{ name: string, at: number }[]} */
  const asked = [];
  /** @type {{ name: string, start: number, end: number }[]} */
  const methods = [];
  visit(parseAst(code), (node) => {
    for (const { name, value, start } of askedIn(node)) {
      asked.push({ name: String(name ?? value), at: start });
    }
    if (node.type !== 'MethodDefinition' || node.key?.type !== 'Identifier') return;
    if (node.kind === 'constructor' || node.computed) return;
    methods.push({ name: String(node.key.name), start: node.start, end: node.end });
  });
  let unused = methods;
  for (let before = -1; before !== unused.length; ) {
    before = unused.length;
    // What is asked for within a method that nothing reaches does not count; each round finds methods that are reached.
    const isIn = (/** @type {number} */ at) =>
      unused.some(({ start, end }) => at > start && at < end);
    const reached = new Set(asked.filter(({ at }) => !isIn(at)).map(({ name }) => name));
    unused = unused.filter(({ name }) => !reached.has(name));
  }
  return unused.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), code);
}

/**
 * The names of members that are asked for here: `a.name`, `a['name']`, `{ name } = a`.
 * @param {Node} node @returns {Node[]}
 */
function askedIn(node) {
  if (node.type === 'MemberExpression' && node.property) return [node.property];
  if (node.type === 'ObjectPattern') return (node.properties ?? []).flatMap(({ key }) => key ?? []);
  return [];
}

/**
 * @typedef {{ type?: string, name?: unknown, value?: unknown, key?: Node, property?: Node, properties?: Node[], kind?: string, computed?: boolean, start: number, end: number }} Node
 * @param {unknown} node @param {(node: Node) => void} tell
 */
function visit(node, tell) {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) tell(/** @type {Node} */ (node));
  for (const child of Object.values(node)) visit(child, tell);
}
