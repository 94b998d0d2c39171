/** Reads the Ed25519 signatures of `fixtures/`, each with the answer that the strict rules give. @module */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/ed25519/', import.meta.url);

/** One signature; bytes are lower-case hex. */
export interface FixtureSignature {
  readonly desc: string;
  readonly expect: 'accept' | 'refuse';
  readonly public_key: string;
  readonly message: string;
  readonly signature: string;
}

/** A file of them: who made it, and under which licence it may be quoted. */
export interface FixtureSignatures {
  readonly name: string;
  readonly desc: string;
  readonly source: string;
  readonly licence: string;
  readonly cases: readonly FixtureSignature[];
}

export function readFixtureSignatures(): FixtureSignatures[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const text = readFileSync(new URL(name, FOLDER), 'utf8');
      const fixture = JSON.parse(text) as Omit<FixtureSignatures, 'name'>;
      return { ...fixture, name: name.replace(/\.json$/, '') };
    });
}
