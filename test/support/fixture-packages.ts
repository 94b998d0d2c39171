/** Reads the proof packages of `fixtures/`, each with the verdict it expects. @module */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/packages/', import.meta.url);

/** One fixture file, and the exact text of its package. */
export interface FixturePackage {
  readonly name: string;
  readonly desc: string;
  /** `verified`, or the code of the check that fails first. */
  readonly expect: string;
  /** Hex of the key that the reader has pinned. */
  readonly publicKey: string;
  readonly text: string;
}

/** The moment at which the fixtures are read: two weeks and a day after their heads. */
export const FIXTURES_NOW_MS: number = Date.UTC(2026, 0, 30, 10, 31, 0);

export function readFixturePackages(): FixturePackage[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map(readFixturePackage);
}

export function readFixturePackage(name: string): FixturePackage {
  const fixture = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Record<
    string,
    unknown
  >;
  const text = fixture.package_text ?? JSON.stringify(fixture.package);
  return {
    name: name.replace(/\.json$/, ''),
    desc: String(fixture.desc),
    expect: String(fixture.expect),
    publicKey: String(fixture.public_key),
    text: String(text),
  };
}
