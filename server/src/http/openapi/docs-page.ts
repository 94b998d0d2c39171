/** The API's document as one page for people: plain HTML without scripts, under a policy that allows nothing but its own style. @module */
import { createHash } from 'node:crypto';
import type { JsonObject } from './components.ts';

export interface DocsPage {
  readonly html: string;
  /** The Content-Security-Policy that goes with it. */
  readonly policy: string;
}

/** What the page reads of an operation. */
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
  }[];
  readonly requestBody?: { readonly description?: string; readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
  readonly 'x-same-as'?: string;
}
type Content = Readonly<
  Record<string, { readonly example?: unknown; readonly schema?: { readonly $ref?: string } }>
>;

interface Document {
  readonly info: { readonly title: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: .9em/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
details { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .4rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0; }
`;

export function docsPage(json: JsonObject): DocsPage {
  const document = json as unknown as Document;
  const { title, description } = document.info;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)} API</h1>
<p>${prose(description)}</p>
<p>For programs: <a href="/openapi.json">/openapi.json</a>. The routes below <code>/attestation</code> also exist below <code>/api/v1/attestation</code>.</p>
${document.tags.map((tag) => section(tag, document)).join('\n')}
<h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas).map(schemaBlock).join('\n')}
</body>
</html>
`;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, policy };
}

function section({ name, description }: Document['tags'][number], { paths }: Document): string {
  const blocks = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => operation.tags.includes(name))
      .filter(([, operation]) => operation['x-same-as'] === undefined)
      .map(([method, operation]) => operationBlock(method, path, operation)),
  );
  return `<h2 id="${escapeHtml(name)}">${escapeHtml(name)}</h2>\n<p>${prose(description)}</p>\n${blocks.join('\n')}`;
}

function operationBlock(method: string, path: string, operation: Operation): string {
  const { operationId, summary, description, parameters = [], requestBody } = operation;
  const answers = Object.entries(operation.responses);
  return `<details id="${escapeHtml(operationId)}">
<summary><b>${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code> ${prose(summary)}</summary>
${description === undefined ? '' : `<p>${prose(description)}</p>`}
<p>Access: ${accessOf(operation)}</p>
${parameters.length === 0 ? '' : parameterTable(parameters)}
${requestBody === undefined ? '' : `<h3>Body</h3>${described(requestBody)}`}
${answers
  .filter(([status]) => status < '400')
  .map(([status, answer]) => `<h3>${escapeHtml(status)}</h3>${described(answer)}`)
  .join('\n')}
<h3>Refusals</h3>
<table>${answers
    .filter(([status]) => status >= '400')
    .map(
      ([status, { description }]) =>
        `<tr><td>${escapeHtml(status)}</td><td>${lines(description)}</td></tr>`,
    )
    .join('')}</table>
</details>`;
}

function accessOf({ security }: Operation): string {
  if (security.length === 0) return 'everybody';
  const ways = security.map((way) => {
    const [entry] = Object.entries(way);
    if (entry === undefined) return 'everybody';
    const [scheme, scopes] = entry;
    const scope = scopes.map((each) => ` <code>${escapeHtml(each)}</code>`).join('');
    return `<code>${escapeHtml(scheme)}</code>${scope}`;
  });
  return ways.join(' or ');
}

function parameterTable(parameters: NonNullable<Operation['parameters']>): string {
  const rows = parameters.map(
    ({ name, in: place, required, description = '' }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(place)}${required ? ', required' : ''}</td><td>${prose(description)}</td></tr>`,
  );
  return `<table><tr><th>Parameter</th><th>In</th><th>What it is</th></tr>${rows.join('')}</table>`;
}

function described(part: { readonly description?: string; readonly content?: Content }): string {
  const paragraphs = (part.description ?? '').split('\n\n').filter((text) => text !== '');
  const examples = Object.entries(part.content ?? {}).map(([type, { example, schema }]) =>
    example === undefined
      ? `<p><code>${escapeHtml(type)}</code></p>`
      : `${schemaLink(schema?.$ref)}<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`,
  );
  return `${paragraphs.map((text) => `<p>${prose(text)}</p>`).join('')}${examples.join('')}`;
}

function schemaLink(reference: string | undefined): string {
  const name = escapeHtml(reference?.replace('#/components/schemas/', '') ?? '');
  return name === ''
    ? ''
    : `<p>All members: <a href="#schema-${name}"><code>${name}</code></a></p>`;
}

function lines(text: string): string {
  return text.split('\n\n').map(prose).join('<br>');
}

function schemaBlock([name, schema]: readonly [string, JsonObject]): string {
  return `<details id="schema-${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>
<pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`;
}

/** Text with code between backticks. */
function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
