/** What a provider signs: a template over `{id}`, `{timestamp}` and `{body}`, read so that no byte can change its place. @module */

export interface SignedTemplate {
  readonly hasId: boolean;
  readonly hasTimestamp: boolean;
  /** The texts around the body, as literals and placeholders in order. */
  readonly before: readonly TemplatePart[];
  readonly after: readonly TemplatePart[];
  /** An id with this character could end elsewhere than it seems, and part of the body would pass for it. */
  readonly notInId: string | null;
}

export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'id' }
  | { readonly kind: 'timestamp' };

type AnyPart = TemplatePart | { readonly kind: 'body' };

const MAX_LENGTH = 200;
const ALLOWED = /^[\n\x20-\x7e]+$/;
const PLACEHOLDER = /(\{id\}|\{timestamp\}|\{body\})/;

/** The template, or a sentence that says what is wrong with it. */
export function parseSignedTemplate(text: string): SignedTemplate | string {
  if (text.length > MAX_LENGTH || !ALLOWED.test(text)) {
    return `must be 1 to ${MAX_LENGTH} characters of printable ASCII or line feeds`;
  }
  const parts = text
    .split(PLACEHOLDER)
    .filter((piece) => piece !== '')
    .map(partOf);
  const count = (kind: AnyPart['kind']) => parts.filter((part) => part.kind === kind).length;
  if (count('body') !== 1) return 'must contain {body} once';
  if (count('id') > 1 || count('timestamp') > 1) return 'must not repeat a placeholder';
  if (parts.some((part) => part.kind === 'literal' && /[{}]/.test(part.text))) {
    return 'must have no braces but those of {id}, {timestamp} and {body}';
  }
  const idAt = parts.findIndex(({ kind }) => kind === 'id');
  const delimiter = idAt === -1 ? null : delimiterOf(parts, idAt);
  if (delimiter === '') return 'must have a separator between {id} and what stands beside it';
  const bodyAt = parts.findIndex(({ kind }) => kind === 'body');
  return {
    hasId: idAt !== -1,
    hasTimestamp: count('timestamp') === 1,
    before: parts.slice(0, bodyAt) as TemplatePart[],
    after: parts.slice(bodyAt + 1) as TemplatePart[],
    notInId: delimiter,
  };
}

function partOf(piece: string): AnyPart {
  if (piece === '{id}') return { kind: 'id' };
  if (piece === '{timestamp}') return { kind: 'timestamp' };
  if (piece === '{body}') return { kind: 'body' };
  return { kind: 'literal', text: piece };
}

/** The character that ends the id: the first after it, or for an id at the end the last before it. */
function delimiterOf(parts: readonly AnyPart[], idAt: number): string {
  const next = parts[idAt + 1];
  if (next !== undefined) return next.kind === 'literal' ? next.text.slice(0, 1) : '';
  const previous = parts[idAt - 1];
  return previous?.kind === 'literal' ? previous.text.slice(-1) : '';
}
