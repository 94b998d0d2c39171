/** Folders and patterns become files, in the order of their names. Source of truth: verifier-ux 2.5. @module */
import { lstat, readdir, stat } from 'node:fs/promises';
import { type InputRefusal, mayHoldProofs } from '@kapsel/verification';
import { reasonOfSystemError, STDIN_NAME } from '../source.ts';
import { baseOfPattern, isPattern, matcherOfPattern } from './glob.ts';

const MAX_DEPTH = 32;

/** What a word of the command line leads to. */
export type Found =
  | { readonly kind: 'file'; readonly path: string; readonly isNamed: boolean }
  | { readonly kind: 'skipped'; readonly path: string }
  | { readonly kind: 'refused'; readonly path: string; readonly refusal: InputRefusal };

/** The files behind one word: itself, those of a folder, or those a pattern means. */
export async function* findFiles(
  word: string,
  include: ((path: string) => boolean) | null,
): AsyncGenerator<Found> {
  if (word === STDIN_NAME) {
    yield { kind: 'file', path: word, isNamed: true };
    return;
  }
  const kind = await kindOfPath(word);
  if (kind === 'folder') {
    yield* findInFolder(word, (path) => mayHoldProofs(path) && (include?.(path) ?? true));
  } else if (kind === null && isPattern(word)) {
    yield* findByPattern(word);
  } else {
    // What is not there is told when it is opened, in the words of the system.
    yield { kind: 'file', path: word, isNamed: true };
  }
}

async function* findInFolder(
  folder: string,
  isWanted: (path: string) => boolean,
): AsyncGenerator<Found> {
  let count = 0;
  for await (const found of walk(folder, 0)) {
    const isFile = found.kind === 'file' && isWanted(found.path);
    if (isFile || found.kind === 'refused') count++;
    yield found.kind !== 'file' || isFile ? found : { kind: 'skipped', path: found.path };
  }
  if (count === 0) yield nothing(folder, 'the folder holds no proof');
}

async function* findByPattern(pattern: string): AsyncGenerator<Found> {
  const matches = matcherOfPattern(pattern);
  const base = baseOfPattern(pattern);
  let count = 0;
  if ((await kindOfPath(base)) === 'folder') {
    for await (const found of walk(base, 0)) {
      if (found.kind !== 'file' || !matches(found.path)) continue;
      count++;
      yield found;
    }
  }
  if (count === 0) yield nothing(pattern, 'the pattern matches no file');
}

/** Symbolic links are never followed: they may lead out of the folder, or round in a circle. */
async function* walk(folder: string, depth: number): AsyncGenerator<Found> {
  if (depth > MAX_DEPTH) {
    const reason = `folders are nested deeper than ${MAX_DEPTH}`;
    yield { kind: 'refused', path: folder, refusal: { code: 'E_TOO_LARGE', reason } };
    return;
  }
  let entries: Awaited<ReturnType<typeof readFolder>>;
  try {
    entries = await readFolder(folder);
  } catch (error) {
    const reason = reasonOfSystemError(error);
    yield { kind: 'refused', path: folder, refusal: { code: 'E_IO', reason } };
    return;
  }
  for (const entry of entries) {
    const path = folder === '.' ? entry.name : `${folder.replace(/\/$/, '')}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(path, depth + 1);
    else if (entry.isFile()) yield { kind: 'file', path, isNamed: false };
    else yield { kind: 'skipped', path };
  }
}

/** Sorted by code unit, so that every machine and language gives one order. */
async function readFolder(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function kindOfPath(path: string): Promise<'folder' | 'other' | null> {
  try {
    // A link that was named is followed: whoever typed it means what it leads to.
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    reasonOfSystemError(error);
  }
  try {
    await lstat(path);
    return 'other';
  } catch (error) {
    reasonOfSystemError(error);
    return null;
  }
}

function nothing(path: string, reason: string): Found {
  return { kind: 'refused', path, refusal: { code: 'E_NO_INPUT', reason } };
}
