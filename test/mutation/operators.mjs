// @ts-check
/** Which small mistakes a piece of code is replaced by: one function, from a syntax node to texts. @module */

/**
 * @typedef {{ type: string, start: number, end: number, [member: string]: any }} Node An ESTree node.
 * @typedef {{ change: string, text: string }} Mutation What changes, for people; and the text that stands instead.
 */

/** @type {Readonly<Record<string, readonly string[]>>} */
const OPERATORS = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '<<=': ['>>='],
  '>>=': ['<<='],
  '&=': ['|='],
  '|=': ['&='],
};

/** @type {ReadonlyMap<string, string>} */
const METHODS = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['min', 'max'],
  ['max', 'min'],
]);

/**
 * The mutations of one node. `text` is the node's own source, `parent` and `member` say where it stands.
 * @param {Node} node
 * @param {Node | null} parent
 * @param {string} member
 * @param {(part: Node) => string} textOf
 * @returns {Mutation[]}
 */
export function mutationsOf(node, parent, member, textOf) {
  const found = [
    ...ofNode(node, parent, textOf),
    ...(isCondition(parent, member) ? ofCondition(node, parent) : []),
    ...(isResult(parent, member) ? ofResult(node) : []),
  ];
  const own = textOf(node);
  // `true` in place of `true`, or the same change found twice, is no mutant.
  return found.filter(
    ({ text }, i) => text !== own && found.findIndex((other) => other.text === text) === i,
  );
}

/** @param {Node} node @param {Node | null} parent @param {(part: Node) => string} textOf @returns {Mutation[]} */
function ofNode(node, parent, textOf) {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return isTextSum(node) ? [] : ofOperator(node, textOf);
    case 'AssignmentExpression':
      return isTextSum(node) ? [] : ofOperator(node, textOf);
    case 'UnaryExpression':
      if (node.operator !== '!' && node.operator !== '-' && node.operator !== '~') return [];
      return [{ change: `${node.operator}x -> x`, text: `(${textOf(node.argument)})` }];
    case 'UpdateExpression':
      return [ofUpdate(node, textOf)];
    case 'Literal':
      return ofLiteral(node, parent);
    case 'ArrayExpression':
      return node.elements.length === 0 ? [] : [{ change: '[…] -> []', text: '[]' }];
    case 'CallExpression':
      return ofMethod(node, textOf);
    case 'ExpressionStatement':
      return ofStatement(node);
    default:
      return [];
  }
}

/** @param {Node} node @param {(part: Node) => string} textOf @returns {Mutation[]} */
function ofOperator(node, textOf) {
  return (OPERATORS[node.operator] ?? []).map((operator) => ({
    change: `${node.operator} -> ${operator}`,
    text: withOperator(node, operator, textOf),
  }));
}

// `a ?? b && c` does not parse: operands stand in brackets, except where a value is assigned to.
/** @param {Node} node @param {string} operator @param {(part: Node) => string} textOf */
function withOperator(node, operator, textOf) {
  const isAssignment = node.type === 'AssignmentExpression';
  const left = isAssignment ? textOf(node.left) : `(${textOf(node.left)})`;
  return `${left} ${operator} (${textOf(node.right)})`;
}

/** Words put together are not asserted: tests look at codes. @param {Node} node */
function isTextSum(node) {
  if (node.operator !== '+' && node.operator !== '+=') return false;
  return [node.left, node.right].some(
    (side) =>
      side.type === 'TemplateLiteral' ||
      (side.type === 'Literal' && typeof side.value === 'string'),
  );
}

/** @param {Node} node @param {(part: Node) => string} textOf @returns {Mutation} */
function ofUpdate(node, textOf) {
  const operator = node.operator === '++' ? '--' : '++';
  const target = textOf(node.argument);
  return {
    change: `${node.operator} -> ${operator}`,
    text: node.prefix ? `${operator}${target}` : `${target}${operator}`,
  };
}

/** @param {Node} node @param {Node | null} parent @returns {Mutation[]} */
function ofLiteral(node, parent) {
  if (typeof node.value === 'boolean') {
    return [{ change: `${node.value} -> ${!node.value}`, text: String(!node.value) }];
  }
  if (typeof node.value === 'number' || typeof node.value === 'bigint') {
    const suffix = typeof node.value === 'bigint' ? 'n' : '';
    const one = typeof node.value === 'bigint' ? 1n : 1;
    return [
      // @ts-expect-error both are numbers, or both bigints
      { change: `${node.raw} -> +1`, text: `(${node.value + one}${suffix})` },
      // @ts-expect-error both are numbers, or both bigints
      { change: `${node.raw} -> -1`, text: `(${node.value - one}${suffix})` },
    ];
  }
  if (node.regex !== undefined) return ofPattern(node);
  if (typeof node.value !== 'string' || isWording(node, parent)) return [];
  return node.value === ''
    ? [{ change: "'' -> 'mutant'", text: "'mutant'" }]
    : [{ change: `${node.raw} -> ''`, text: "''" }];
}

/** Words for people are asserted in one test of their own, so they are not mutated. @param {Node} node @param {Node | null} parent */
function isWording(node, parent) {
  const name = parent?.type === 'Property' ? String(parent.key.name ?? parent.key.value) : '';
  return node.value.includes(' ') || ['expected', 'actual', 'reason'].includes(name);
}

/** A pattern without one of its anchors. @param {Node} node @returns {Mutation[]} */
function ofPattern(node) {
  const { pattern, flags } = node.regex;
  return [
    ...(pattern.startsWith('^')
      ? [{ change: '/^ -> /', text: `/${pattern.slice(1)}/${flags}` }]
      : []),
    ...(pattern.endsWith('$') && !pattern.endsWith('\\$')
      ? [{ change: '$/ -> /', text: `/${pattern.slice(0, -1)}/${flags}` }]
      : []),
  ];
}

/** @param {Node} node @param {(part: Node) => string} textOf @returns {Mutation[]} */
function ofMethod(node, textOf) {
  const { callee } = node;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.optional) return [];
  const other = METHODS.get(callee.property.name);
  if (other === undefined) return [];
  const parameters = node.arguments.map(textOf).join(', ');
  return [
    {
      change: `.${callee.property.name} -> .${other}`,
      text: `${textOf(callee.object)}.${other}(${parameters})`,
    },
  ];
}

/** A call whose result nobody takes is there for what it does or throws. @param {Node} node @returns {Mutation[]} */
function ofStatement(node) {
  const { expression } = node;
  if (expression.type === 'CallExpression' && expression.callee.type !== 'Super') {
    return [{ change: 'call removed', text: '' }];
  }
  if (expression.type === 'AssignmentExpression') {
    return [{ change: 'assignment removed', text: '' }];
  }
  return [];
}

/** @param {Node | null} parent @param {string} member */
function isCondition(parent, member) {
  return (
    member === 'test' &&
    [
      'IfStatement',
      'ConditionalExpression',
      'WhileStatement',
      'DoWhileStatement',
      'ForStatement',
    ].includes(parent?.type ?? '')
  );
}

/** @param {Node} node @param {Node | null} parent @returns {Mutation[]} */
function ofCondition(node, parent) {
  if (node.type === 'Literal') return [];
  const isLoop = /^(While|DoWhile|For)/.test(parent?.type ?? '');
  const never = { change: 'condition -> false', text: 'false' };
  // A loop without end is stopped, so it says nothing; a branch that is always taken does.
  return isLoop ? [never] : [{ change: 'condition -> true', text: 'true' }, never];
}

/** @param {Node | null} parent @param {string} member */
function isResult(parent, member) {
  if (parent?.type === 'ReturnStatement') return member === 'argument';
  return parent?.type === 'ArrowFunctionExpression' && member === 'body' && parent.expression;
}

/** @param {Node} node @returns {Mutation[]} */
function ofResult(node) {
  if (node.type === 'BlockStatement' || node.type === 'Literal') return [];
  const isBoolean =
    (node.type === 'BinaryExpression' && /^([<>]=?|[!=]==)$/.test(node.operator)) ||
    (node.type === 'LogicalExpression' && node.operator !== '??') ||
    (node.type === 'UnaryExpression' && node.operator === '!');
  if (isBoolean) {
    return [
      { change: 'result -> true', text: 'true' },
      { change: 'result -> false', text: 'false' },
    ];
  }
  return [{ change: 'result -> undefined', text: 'undefined' }];
}
