/** Reads the archives of `fixtures/`, each with what is to be found in it. @module */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/zip/', import.meta.url);

export interface FixtureArchive {
  /** With the ending `.zip`. */
  readonly name: string;
  readonly desc: string;
  /** In order: `verified`, or the code with which an entry or the whole archive is refused. */
  readonly expect: readonly string[];
  /** Hex of the key that the reader has pinned. */
  readonly publicKey: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function readFixtureArchives(): FixtureArchive[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const fixture = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
      return {
        name: name.replace(/\.json$/, '.zip'),
        desc: fixture.desc,
        expect: fixture.expect,
        publicKey: fixture.public_key,
        bytes: new Uint8Array(Buffer.from(fixture.zip_base64, 'base64')),
      };
    });
}

export function readFixtureArchive(name: string): FixtureArchive {
  const found = readFixtureArchives().find((archive) => archive.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}
