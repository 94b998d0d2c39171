/** House rules about the files themselves: length, opening, name, test, place on the map. @module */
import { type House, isSource, isTest, type Rule, sourcePaths, workspaceOf } from './house-tree.ts';

const MAX_SOURCE_LINES = 300;
const MAX_TEST_LINES = 500;

/** Rule 3. */
export const shortFiles: Rule = (house) =>
  [...house.code.keys()].flatMap((path) => {
    const text = house.files.get(path) ?? '';
    const limit = isSource(path) ? MAX_SOURCE_LINES : isTest(path) ? MAX_TEST_LINES : null;
    const lines = text.replace(/\n$/, '').split('\n').length;
    return limit === null || lines <= limit ? [] : [`${path} has ${lines} lines, at most ${limit}`];
  });

/** Rule 4: a sentence, then `@module`; a `#!` line may stand above. */
export const opensWithSentence: Rule = (house) =>
  sourcePaths(house)
    .filter((path) => /\.tsx?$/.test(path))
    .filter((path) => openingSentence(house.files.get(path) ?? '') === null)
    .map((path) => `${path} does not open with a sentence and @module`);

/** The first sentence of a file, or null. */
export function openingSentence(text: string): string | null {
  const block = /^(?:#!.*\n)?\/\*\*((?:(?!\*\/)[\s\S])*?)@module\s*\*\//.exec(text)?.[1];
  if (block === undefined) return null;
  const prose = block.replaceAll(/\s*\n\s*\*\s?/g, ' ').trim();
  const sentence = /^.*?[^.][.?](?=\s|$)/.exec(prose)?.[0] ?? '';
  return sentence.split(' ').length >= 3 ? sentence : null;
}

const EMPTY_NAMES = /^(utils?|helpers?|commons?|types?|misc|managers?)$/;

/** Rule 13: a name says what is in the file; kebab-case. */
export const speakingNames: Rule = (house) =>
  [...house.code.keys()].flatMap((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const [stem = ''] = name.split('.');
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) return [`${path}: ${stem} is not kebab-case`];
    const empty = stem.split('-').find((word) => EMPTY_NAMES.test(word));
    return empty === undefined ? [] : [`${path}: "${empty}" says nothing`];
  });

/** Why a source file has no test file of its own. */
export interface WithoutOwnTest {
  /** A source file, or a folder with `/` at the end. */
  readonly path: string;
  /** The test file that covers it; it must exist. */
  readonly coveredBy: string;
  readonly reason: string;
}

/**
 * Rule 14: `src/a/b.ts` has `test/a/b.test.ts` (or `.property`, `.slow`), unless only types stand
 * in it or the list says which other test covers it. An entry that is no longer needed is a fault.
 */
export function ownTest(list: readonly WithoutOwnTest[]): Rule {
  return (house) => {
    const untested = sourcePaths(house).filter((path) => needsTest(house, path));
    const isListed = (path: string) => list.some((entry) => covers(entry, path));
    return [
      ...untested
        .filter((path) => !isListed(path))
        .map((path) => `${path} has no ${testPaths(path)[0]}`),
      ...list
        .filter((entry) => !untested.some((path) => covers(entry, path)))
        .map(({ path }) => `${path} stands on the list of files without a test, and need not`),
      ...list
        .filter(({ coveredBy }) => !house.files.has(coveredBy))
        .map(({ path, coveredBy }) => `${path} is covered by ${coveredBy}, which does not exist`),
    ];
  };
}

/** Rule 15, both ways. The map is drawn in blocks: a folder line, then one indented line a file. */
export const onTheMap: Rule = (house) => {
  const map = filesOnMap(house.files.get(MAP) ?? '');
  const onDisk = sourcePaths(house);
  const repeated = map.filter(({ path }, i) => map.findIndex((line) => line.path === path) < i);
  return [
    ...onDisk
      .filter((path) => !map.some((line) => line.path === path))
      .map((path) => `${path} is not on the map: ${openingSentence(house.files.get(path) ?? '')}`),
    ...map
      .filter(({ path }) => !onDisk.includes(path))
      .map(({ path }) => `${path} is on the map, but not on disk`),
    ...map.filter(({ says }) => says === '').map(({ path }) => `${path}: the map says nothing`),
    ...repeated.map(({ path }) => `${path} is on the map twice`),
  ];
};

const MAP = 'docs/architecture.md';

/**
 * Reads the blocks that begin with ```` ```map ````:
 *
 *     packages/tree/src/
 *       node-id.ts     names a node
 */
export function filesOnMap(text: string): { readonly path: string; readonly says: string }[] {
  const blocks = [...text.matchAll(/^```map\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) => {
    let folder = '';
    return block.split('\n').flatMap((line) => {
      if (/^\S+\/$/.test(line)) folder = line;
      const [, name, says = ''] = /^ {2}(\S+)(?:\s+(.*))?$/.exec(line) ?? [];
      return name === undefined ? [] : [{ path: folder + name, says }];
    });
  });
}

function needsTest(house: House, path: string): boolean {
  if (!/\.tsx?$/.test(path) || path.endsWith('.d.ts')) return false;
  if (house.code.get(path)?.isTypesOnly === true) return false;
  return !testPaths(path).some((test) => house.files.has(test));
}

function testPaths(path: string): string[] {
  const folder = workspaceOf(path)?.folder ?? '';
  const stem = path.slice(`${folder}/src/`.length).replace(/\.tsx?$/, '');
  const kinds = ['test', 'property.test', 'slow.test'];
  return kinds.flatMap((kind) =>
    ['ts', 'tsx'].map((end) => `${folder}/test/${stem}.${kind}.${end}`),
  );
}

function covers(entry: WithoutOwnTest, path: string): boolean {
  return entry.path.endsWith('/') ? path.startsWith(entry.path) : path === entry.path;
}
