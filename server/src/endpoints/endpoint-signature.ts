/** Which signature an endpoint wants of its provider, and whether the secrets go with it. @module */
import { PRESETS, type PresetName, presetScheme } from './scheme-presets.ts';
import { keyFromSecret, SecretFormatError } from './scheme-secret.ts';
import {
  parseSignatureScheme,
  type SchemeFault,
  type SchemeJson,
  type SignatureScheme,
} from './signature-scheme.ts';

/** A preset by its name, or a record of its own: what the database keeps, and the API shows. */
export type SchemeChoice =
  | { readonly scheme: PresetName }
  | { readonly scheme: 'generic'; readonly record: SchemeJson };

/** What is known of an endpoint's signature without its secrets. */
export interface EndpointSignature {
  readonly choice: SchemeChoice;
  readonly secretCount: number;
}

export interface SignatureInput {
  readonly scheme: string;
  readonly secrets: readonly string[];
  readonly record?: SchemeJson | undefined;
}

export type ParsedSignature =
  | { readonly kind: 'signature'; readonly choice: SchemeChoice }
  | { readonly kind: 'faults'; readonly faults: readonly SchemeFault[] };

/** Judges what a caller asks for: the scheme must be one, and each secret a key of it. */
export function parseEndpointSignature(input: SignatureInput): ParsedSignature {
  const choice = choiceOf(input);
  if (choice === null) {
    return faults([{ path: '/record', message: 'goes with the scheme "generic" and no other' }]);
  }
  const parsed = schemeOfChoice(choice);
  if (Array.isArray(parsed)) {
    return faults(parsed.map(({ path, message }) => ({ path: `/record${path}`, message })));
  }
  const wrong = input.secrets.flatMap((secret, i): SchemeFault[] => {
    try {
      keyFromSecret(parsed, secret);
      return [];
    } catch (error) {
      if (!(error instanceof SecretFormatError)) throw error;
      return [{ path: `/secrets/${i}`, message: error.message }];
    }
  });
  return wrong.length > 0 ? faults(wrong) : { kind: 'signature', choice };
}

/** The scheme of a stored choice. Throws for one that is not understood: it must not verify anything. */
export function schemeFromStored(stored: unknown): SignatureScheme {
  const { scheme, record } = (stored ?? {}) as { scheme?: string; record?: SchemeJson };
  const choice = choiceOf({ scheme: scheme ?? '', record });
  const parsed = choice === null ? null : schemeOfChoice(choice);
  if (parsed === null || Array.isArray(parsed)) throw new Error('unknown signature scheme');
  return parsed;
}

function choiceOf({ scheme, record }: Omit<SignatureInput, 'secrets'>): SchemeChoice | null {
  if (scheme === 'generic') return record === undefined ? null : { scheme, record };
  if (record !== undefined || !Object.hasOwn(PRESETS, scheme)) return null;
  return { scheme: scheme as PresetName };
}

function schemeOfChoice(choice: SchemeChoice): SignatureScheme | SchemeFault[] {
  if (choice.scheme !== 'generic') return presetScheme(choice.scheme);
  const parsed = parseSignatureScheme(choice.record);
  return parsed.kind === 'scheme' ? parsed.scheme : [...parsed.faults];
}

function faults(list: readonly SchemeFault[]): ParsedSignature {
  return { kind: 'faults', faults: list };
}
