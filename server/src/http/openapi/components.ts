/** Schemas as the document writes them: those with a title stand once, under their name, with an example each. @module */
import type { TSchema } from 'typebox';

export type JsonObject = { readonly [name: string]: unknown };

/** The named schemas of a document, filled while it is written. */
export class Components {
  readonly #schemas = new Map<string, { readonly text: string; readonly schema: JsonObject }>();

  /** The schema, or a reference to it where it has a title. Throws for two schemas of one title. */
  refer(schema: TSchema): JsonObject {
    return this.#write(schema as unknown as JsonObject) as JsonObject;
  }

  /** By name, in alphabetical order. */
  all(): Readonly<Record<string, JsonObject>> {
    const entries = [...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([name, { schema }]) => [name, schema]));
  }

  #write(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#write(item));
    if (!isObject(value)) return value;
    const written = this.#writeMembers(value);
    const { title } = value;
    return typeof title === 'string' ? this.#name(title, written) : written;
  }

  #writeMembers(value: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        // Names of members and examples are data, whatever they look like.
        name === 'properties' && isObject(member)
          ? mapValues(member, (schema) => this.#write(schema))
          : isData(name)
            ? member
            : this.#write(member),
      ]),
    );
  }

  #name(title: string, schema: JsonObject): JsonObject {
    const text = JSON.stringify(schema);
    const known = this.#schemas.get(title);
    if (known !== undefined && known.text !== text) {
      throw new TypeError(`two schemas have the title "${title}"`);
    }
    this.#schemas.set(title, { text, schema });
    return { $ref: `#/components/schemas/${title}` };
  }
}

/**
 * One value that a schema allows, put together of the examples, constants and first choices within it. Members that may
 * be left out are, where they show no example.
 */
export function exampleOf(schema: TSchema): unknown {
  const example = exampleIn(schema as unknown as JsonObject);
  if (example === undefined) throw new TypeError(`no example: ${JSON.stringify(schema)}`);
  return example;
}

function exampleIn(schema: JsonObject): unknown {
  const { examples, enum: choices, anyOf, items, properties, required = [], type } = schema;
  if (Array.isArray(examples)) return examples[0];
  if ('const' in schema) return schema.const;
  if (Array.isArray(choices)) return choices[0];
  if (Array.isArray(anyOf)) return exampleIn(anyOf[0] as JsonObject);
  if (isObject(items)) return exampleIn(items) === undefined ? undefined : [exampleIn(items)];
  if (type === 'boolean') return false;
  if (!isObject(properties)) return undefined;
  const members = Object.entries(properties).map(
    ([name, each]) => [name, exampleIn(each as JsonObject)] as const,
  );
  const missing = members.filter(([, value]) => value === undefined).map(([name]) => name);
  if (missing.some((name) => (required as readonly string[]).includes(name))) return undefined;
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function mapValues(
  object: JsonObject,
  change: (value: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function isData(name: string): boolean {
  return ['examples', 'enum', 'const', 'default', 'required'].includes(name);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
