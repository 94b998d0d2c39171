/** What a source file says to the house rules: its imports, the globals it touches, its texts. @module */
import { parseSync } from 'vite';

/** One import or re-export, of values or types, static or dynamic. */
export interface CodeImport {
  readonly specifier: string;
  /** The imported names; `*` for a whole module, `default` for a default import. */
  readonly names: readonly string[];
}

export interface CodeFacts {
  readonly imports: readonly CodeImport[];
  /** `console`, `process.env`, `Date.now`, `new Date()`, … as they stand in the code, each once. */
  readonly uses: ReadonlySet<string>;
  /** String literals and the fixed parts of templates. */
  readonly texts: readonly string[];
  /** Only types and interfaces: nothing here runs. */
  readonly isTypesOnly: boolean;
}

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Parses TypeScript, TSX or JavaScript; a file that does not parse fails the test that asks. */
export function parseCode(path: string, text: string): CodeFacts {
  const { program, errors } = parseSync(path, text);
  const [fault] = errors;
  if (fault !== undefined) throw new Error(`${path} does not parse: ${fault.message}`);
  const root = program as unknown as Node;
  const collected: Collected = { imports: [], uses: new Set(), texts: [] };
  visit(root, collected);
  return { ...collected, isTypesOnly: (root.body as Node[]).every(isTypeStatement) };
}

interface Collected {
  readonly imports: CodeImport[];
  readonly uses: Set<string>;
  readonly texts: string[];
}

// Names in these places are no references: member names, labels of objects, types.
const NOT_A_REFERENCE: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  MethodDefinition: ['key'],
  PropertyDefinition: ['key'],
  TSPropertySignature: ['key'],
  TSMethodSignature: ['key'],
  TSTypeQuery: ['exprName'],
  TSTypeReference: ['typeName'],
  TSQualifiedName: ['left', 'right'],
  ImportSpecifier: ['imported', 'local'],
  ExportSpecifier: ['local', 'exported'],
};

function visit(node: Node, found: Collected): void {
  collectImport(node, found.imports);
  collectUse(node, found.uses);
  if (node.type === 'Literal' && typeof node.value === 'string') found.texts.push(node.value);
  if (node.type === 'TemplateLiteral') found.texts.push(textOfTemplate(node));
  const skipped = node.computed === true ? [] : (NOT_A_REFERENCE[node.type] ?? []);
  for (const [member, value] of Object.entries(node)) {
    for (const child of [value].flat()) {
      if (!isNode(child)) continue;
      if (skipped.includes(member) && child.type === 'Identifier') continue;
      visit(child, found);
    }
  }
}

function collectImport(node: Node, imports: CodeImport[]): void {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType': {
      const specifier = isNode(node.source) ? node.source.value : undefined;
      if (typeof specifier !== 'string') return;
      const specifiers = Array.isArray(node.specifiers) ? (node.specifiers as Node[]) : [];
      const names = specifiers.length === 0 ? ['*'] : specifiers.map(nameOfSpecifier);
      imports.push({ specifier, names });
    }
  }
}

function nameOfSpecifier(specifier: Node): string {
  switch (specifier.type) {
    case 'ImportSpecifier':
      return nameOf(specifier.imported);
    case 'ExportSpecifier':
      return nameOf(specifier.local);
    case 'ImportDefaultSpecifier':
      return 'default';
    default:
      return '*';
  }
}

function collectUse(node: Node, uses: Set<string>): void {
  switch (node.type) {
    case 'Identifier':
      uses.add(String(node.name));
      return;
    case 'MemberExpression': {
      const chain = chainOf(node);
      if (chain !== null) uses.add(chain.replace(/^globalThis\./, ''));
      return;
    }
    case 'NewExpression':
      if ((node.arguments as Node[]).length === 0) uses.add(`new ${nameOf(node.callee)}()`);
      return;
    case 'VariableDeclarator':
      // const { env } = process
      if (!isNode(node.id) || node.id.type !== 'ObjectPattern' || !isNode(node.init)) return;
      for (const property of node.id.properties as Node[]) {
        uses.add(`${chainOf(node.init) ?? '?'}.${nameOf(property.key)}`);
      }
  }
}

/** `process.env` for the member expression, also where it is written `process['env']`. */
function chainOf(node: Node): string | null {
  if (node.type === 'Identifier') return String(node.name);
  if (node.type !== 'MemberExpression' || !isNode(node.object)) return null;
  const left = chainOf(node.object);
  const isNamed =
    node.computed !== true || (isNode(node.property) && node.property.type === 'Literal');
  return left === null || !isNamed ? null : `${left}.${nameOf(node.property)}`;
}

function nameOf(value: unknown): string {
  if (!isNode(value)) return '?';
  return String(value.name ?? value.value ?? '?');
}

function textOfTemplate(node: Node): string {
  const parts = node.quasis as { readonly value: { readonly cooked: string | null } }[];
  return parts.map((part) => part.value.cooked ?? '').join(' ? ');
}

function isTypeStatement(statement: Node): boolean {
  switch (statement.type) {
    case 'ImportDeclaration':
      return true; // an import without a use is the compiler's business
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return true;
    case 'ExportNamedDeclaration':
      return isNode(statement.declaration)
        ? isTypeStatement(statement.declaration)
        : statement.exportKind === 'type';
    default:
      return statement.declare === true;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
