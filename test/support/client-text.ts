/** Writes the generated part of @kapsel/client from the API's document: types, and what is needed to send each operation. @module */

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required: boolean;
    readonly schema: Json;
  }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, Json>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Json>> }>
  >;
  readonly 'x-same-as'?: string;
}

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

interface Named {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const SOURCE = 'generated from the API’s document, and never edited: see docs/architecture.md.';
const JSON_TYPE = 'application/json';

/** The files by name. Operations are told by their tag; a type stands with the first tag that speaks of it. */
export function clientFiles(json: unknown): ReadonlyMap<string, string> {
  const document = json as Document;
  const tags = document.tags.map(({ name }) => name);
  const home = homesOf(document, tags);
  const files = new Map<string, string>();
  files.set('error-codes.ts', errorTypes(document));
  for (const tag of tags) {
    const operations = ofTag(document, tag);
    const names = [...home].filter(([, of]) => of === tag).map(([name]) => name);
    if (names.length > 0) files.set(`${tag}-schemas.ts`, typesFile(document, tag, names, home));
    files.set(`${tag}-operations.ts`, operationsFile(tag, operations, home));
  }
  files.set('operations.ts', joinedFile(tags));
  return files;
}

function ofTag({ paths }: Document, tag: string): Named[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
      .filter(({ operation }) => operation.tags[0] === tag && operation['x-same-as'] === undefined),
  );
}

/** Which tag first speaks of a type, itself or through others. */
function homesOf(document: Document, tags: readonly string[]): Map<string, string> {
  const home = new Map<string, string>();
  const visit = (value: unknown, tag: string): void => {
    for (const name of referencesIn(value)) {
      if (name === 'Error' || home.has(name)) continue;
      home.set(name, tag);
      visit(document.components.schemas[name], tag);
    }
  };
  for (const tag of tags) {
    for (const { operation } of ofTag(document, tag))
      visit([operation.requestBody, operation.responses], tag);
  }
  return home;
}

function referencesIn(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  return [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name = '']) => name,
  );
}

function errorTypes({ components: { schemas } }: Document): string {
  const { properties } = schemas.Error as { properties: { error: { properties: { code: Json } } } };
  return `/** The codes of refusals, ${SOURCE} @module */

export type ErrorCode = ${typeOf(properties.error.properties.code)};
`;
}

function typesFile(
  { components: { schemas } }: Document,
  tag: string,
  names: readonly string[],
  home: ReadonlyMap<string, string>,
): string {
  const used = [...new Set(names.flatMap((name) => referencesIn(schemas[name])))];
  const types = names.map((name) => `export type ${name} = ${typeOf(schemas[name] ?? {})};`);
  const others = used.filter((name) => home.get(name) !== tag);
  return `/** What "${tag}" takes and answers, ${SOURCE} @module */
${importsOf(others, home)}
${types.join('\n\n')}
`;
}

function operationsFile(
  tag: string,
  operations: readonly Named[],
  home: ReadonlyMap<string, string>,
): string {
  const used = [
    ...new Set(
      operations.flatMap(({ operation }) => [
        ...referencesIn(operation.requestBody),
        ...referencesIn(successesOf(operation)),
      ]),
    ),
  ];
  const types = operations.map(
    ({ operation }) => `/** ${operation.summary} */
  readonly ${operation.operationId}: { readonly args: ${argumentsOf(operation)}; readonly answer: ${answerOf(operation)} };`,
  );
  const facts = operations.map(
    ({ method, path, operation }) =>
      `${operation.operationId}: { method: '${method}', path: '${path}', body: ${bodyKind(operation)}, answer: '${answerKind(operation)}' },`,
  );
  return `/** The operations of "${tag}", ${SOURCE} @module */
import type { OperationFacts } from '../operation.ts';
${importsOf(used, home)}
export interface ${titleOf(tag)}Operations {
  ${types.join('\n  ')}
}

export const ${tag.toUpperCase()}_OPERATIONS: Readonly<Record<keyof ${titleOf(tag)}Operations, OperationFacts>> = {
  ${facts.join('\n  ')}
};
`;
}

function joinedFile(tags: readonly string[]): string {
  const imports = tags.map(
    (tag) =>
      `import { ${tag.toUpperCase()}_OPERATIONS, type ${titleOf(tag)}Operations } from './${tag}-operations.ts';`,
  );
  return `/** All operations, ${SOURCE} @module */
import type { OperationFacts } from '../operation.ts';
${imports.sort().join('\n')}

export interface Operations extends ${tags.map((tag) => `${titleOf(tag)}Operations`).join(', ')} {}

export const OPERATIONS: Readonly<Record<keyof Operations, OperationFacts>> = {
  ${tags.map((tag) => `...${tag.toUpperCase()}_OPERATIONS,`).join('\n  ')}
};
`;
}

function importsOf(names: readonly string[], home: ReadonlyMap<string, string>): string {
  const tags = [...new Set(names.map((name) => home.get(name) ?? ''))].sort();
  return tags
    .map((tag) => {
      const ofTag = names.filter((name) => home.get(name) === tag).sort();
      return `import type { ${ofTag.join(', ')} } from './${tag}-schemas.ts';\n`;
    })
    .join('');
}

function successesOf({
  responses,
}: Operation): { readonly content?: Readonly<Record<string, Json>> }[] {
  return Object.entries(responses)
    .filter(([status]) => status >= '200' && status < '300')
    .map(([, answer]) => answer);
}

function argumentsOf({ parameters = [], requestBody }: Operation): string {
  const groups = (['path', 'query', 'header'] as const).flatMap((place) => {
    const own = parameters.filter((each) => each.in === place);
    if (own.length === 0) return [];
    const members = own.map(
      ({ name, required, schema }) =>
        `readonly ${keyOf(name)}${required ? '' : '?'}: ${typeOf(schema)}${required ? '' : ' | undefined'};`,
    );
    const isNeeded = own.some(({ required }) => required);
    const group = place === 'header' ? 'headers' : place;
    return [`readonly ${group}${isNeeded ? '' : '?'}: { ${members.join(' ')} };`];
  });
  if (requestBody !== undefined) {
    const schema = requestBody.content[JSON_TYPE]?.schema as Json | undefined;
    const type = schema === undefined ? 'string | Uint8Array<ArrayBuffer>' : typeOf(schema);
    groups.push(`readonly body${requestBody.required ? '' : '?'}: ${type};`);
  }
  return groups.length === 0 ? 'Record<never, never>' : `{ ${groups.join(' ')} }`;
}

function answerKind(operation: Operation): string {
  const [type] = successesOf(operation).flatMap(({ content = {} }) => Object.keys(content));
  if (type === undefined) return 'nothing';
  if (type === JSON_TYPE) return 'json';
  return type.startsWith('text/') ? 'text' : 'bytes';
}

function answerOf(operation: Operation): string {
  const kind = answerKind(operation);
  if (kind === 'nothing') return 'undefined';
  if (kind === 'text') return 'string';
  if (kind === 'bytes') return 'Uint8Array';
  const types = successesOf(operation).flatMap(({ content = {} }) =>
    content[JSON_TYPE] === undefined ? [] : [typeOf(content[JSON_TYPE].schema as Json)],
  );
  return [...new Set(types)].join(' | ');
}

function bodyKind({ requestBody }: Operation): string {
  const [type] = Object.keys(requestBody?.content ?? {});
  return type === undefined ? 'null' : `'${type}'`;
}

/** A JSON schema as a type. Throws for what it cannot say. */
function typeOf(schema: Json): string {
  const { $ref, enum: choices, anyOf, type, items, properties, patternProperties } = schema;
  if (typeof $ref === 'string') return $ref.replace('#/components/schemas/', '');
  if ('const' in schema) return literal(schema.const);
  if (Array.isArray(choices)) return choices.map(literal).join(' | ');
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeOf))].join(' | ');
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly (${typeOf(items as Json)})[]`;
    case 'object':
      if (properties !== undefined) return objectType(schema);
      return `Readonly<Record<string, ${valueType(patternProperties)}>>`;
    case undefined:
      return 'unknown';
    default:
      throw new TypeError(`a schema of type ${String(type)}`);
  }
}

function valueType(patternProperties: unknown): string {
  const [value] = Object.values((patternProperties ?? {}) as Record<string, Json>);
  return value === undefined ? 'unknown' : typeOf(value);
}

function objectType({ properties, required = [], additionalProperties }: Json): string {
  const members = Object.entries(properties as Record<string, Json>).map(([name, schema]) => {
    const isRequired = (required as readonly string[]).includes(name);
    return `readonly ${keyOf(name)}${isRequired ? '' : '?'}: ${typeOf(schema)};`;
  });
  if (additionalProperties === true) members.push('readonly [name: string]: unknown;');
  return `{ ${members.join(' ')} }`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function keyOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}

function titleOf(tag: string): string {
  return tag.charAt(0).toUpperCase() + tag.slice(1);
}
