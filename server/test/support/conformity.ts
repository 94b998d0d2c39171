/** Holds answers against the API's own document: each must be one that the document promises, member for member. @module */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export interface SentAnswer {
  readonly method: string;
  /** As it was asked for. */
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

interface Media {
  readonly schema?: object;
}

export interface OperationJson {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: object;
    readonly example?: string;
  }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { schema?: object; example?: unknown }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly content?: Readonly<
          Record<
            string,
            Media & { example?: unknown; examples?: Record<string, { value: unknown }> }
          >
        >;
      }
    >
  >;
  readonly 'x-same-as'?: string;
}

export interface DocumentJson {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationJson>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface Conformity {
  /** Throws for an answer that the document does not promise; paths it does not know are nobody's promise. */
  check(answer: SentAnswer): void;
  /** A validator of a schema of the document. */
  compile(schema: object): ValidateFunction;
}

export function createConformity(document: DocumentJson): Conformity {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  ajv.addSchema(closed({ $id: 'document', components: document.components }) as object);
  const compiled = new Map<object, ValidateFunction>();
  const compile = (schema: object): ValidateFunction => {
    const known = compiled.get(schema) ?? ajv.compile(closed(schema) as object);
    compiled.set(schema, known);
    return known;
  };
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const pattern = path.replace(/\{path\}$/, '.+').replaceAll(/\{\w+\}/g, '[^/]*');
    return { pattern: new RegExp(`^${pattern.replaceAll('.json', '\\.json')}$`), operations };
  });
  return {
    compile,
    check({ method, url, status, contentType, text }) {
      const path = url.replace(/[?#].*$/s, '');
      const found = paths.filter(({ pattern }) => pattern.test(path));
      // A path without parameters comes before one with them, as the router has it.
      const operations = found.at(0)?.operations;
      const operation = found.map((each) => each.operations[method.toLowerCase()]).find(Boolean);
      if (operations === undefined || operation === undefined || status === 405) return;
      const promised = operation.responses[status];
      const where = `${method} ${path}: ${status}`;
      if (promised === undefined) throw new Error(`${where} is not in the document: ${text}`);
      const media = Object.entries(promised.content ?? {}).find(([type]) =>
        contentType.startsWith(type.split(';')[0] ?? ''),
      );
      if (media === undefined) {
        if (text === '' && promised.content === undefined) return;
        throw new Error(`${where} has the content type ${contentType}, not in the document`);
      }
      const { schema } = media[1];
      if (schema === undefined) return;
      const validate = compile(schema);
      const value: unknown = JSON.parse(text);
      if (!validate(value)) {
        throw new Error(`${where} does not fit: ${ajv.errorsText(validate.errors)} in ${text}`);
      }
      if (status < 400) return;
      const { code } = (value as { error: { code: string } }).error;
      if (!promised.description.includes(`\`${code}\``)) {
        throw new Error(`${where} with ${code} is not in the document`);
      }
    },
  };
}

/** Members that a schema does not name are faults here, and references lead to the document. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [
    name,
    name === '$ref' ? String(value).replace('#/', 'document#/') : closed(value),
  ]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  const isOpen = copy.type !== 'object' || copy.properties === undefined;
  return isOpen || 'additionalProperties' in copy ? copy : { ...copy, additionalProperties: false };
}
