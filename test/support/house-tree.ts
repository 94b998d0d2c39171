/** The files of the house, and where each belongs: workspace, room, floor. @module */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { type CodeFacts, parseCode } from './house-code.ts';

/** Files by their path from the root, with `/`; a made-up house has the same form. */
export interface House {
  readonly files: ReadonlyMap<string, string>;
  /** What the code files among them say. */
  readonly code: ReadonlyMap<string, CodeFacts>;
}

/** One sentence for each thing that is not as it should be. */
export type Rule = (house: House) => string[];

export interface Workspace {
  readonly folder: string;
  readonly name: string;
  /** Other workspaces that its `src` may import, by name. */
  readonly mayImport: readonly string[];
  /** May use Node's built-in modules. */
  readonly hasNode: boolean;
  /** Ships compiled in: what it imports stands in `devDependencies`. */
  readonly isBundled: boolean;
}

const CORE = '@kapsel/verification';

export const WORKSPACES: readonly Workspace[] = [
  workspace('packages/verification', CORE, [], { isBundled: true }),
  workspace('packages/tree', '@kapsel/tree', [CORE]),
  workspace('packages/client', '@kapsel/client', []),
  workspace('packages/threshold', '@kapsel/threshold', []),
  workspace('packages/zk', '@kapsel/zk', []),
  workspace('cli', 'kapsel-verify', [CORE, '@kapsel/zk'], { hasNode: true, isBundled: true }),
  workspace('web-verifier', 'web-verifier', [CORE, '@kapsel/zk'], { isBundled: true }),
  // Before the folder that it lies in: the first that fits counts.
  workspace('server/console', 'kapsel-console', [CORE, '@kapsel/client'], { isBundled: true }),
  workspace('server', '@kapsel/server', [CORE, '@kapsel/tree', '@kapsel/threshold'], {
    hasNode: true,
  }),
];

// A room imports only lower floors; rooms of one floor do not know each other.
const FLOORS: Readonly<Record<number, readonly string[]>> = {
  10: ['server/main'],
  9: ['server/app'],
  8: ['server/http'],
  7: ['server/proofs', 'server/audit', 'server/signer-node'],
  6: ['server/queue', 'server/anchors', 'server/witnesses', 'server/receipts'],
  5: ['server/ingest', 'server/delivery', 'server/attestation'],
  4: ['server/tenants', 'server/endpoints', 'server/events', 'server/keys', 'server/disclosure'],
  3: ['server/logs', 'cli', 'web-verifier', 'server/console'],
  2: ['server/db', 'server/embedded', 'packages/tree'],
  1: [
    'server/base',
    'server/telemetry',
    'packages/verification',
    'packages/client',
    'packages/threshold',
    'packages/zk',
  ],
};

const CODE_FILE = /\.(ts|tsx|mts|mjs|js)$/;
const READ_FILE = /\.(ts|tsx|mts|mjs|js|css)$|^package\.json$|^architecture\.md$/;
const SKIPPED_FOLDERS = ['node_modules', 'dist', 'coverage', '.git'];

export function houseOfFiles(files: Readonly<Record<string, string>>): House {
  const entries = Object.entries(files);
  const code = entries
    .filter(([path]) => CODE_FILE.test(path))
    .map(([path, text]) => [path, parseCode(path, text)] as const);
  return { files: new Map(entries), code: new Map(code) };
}

/** Reads all workspaces, the tests and the living map. */
export function readHouse(root: string): House {
  const folders = ['packages', 'cli', 'web-verifier', 'server', 'test', 'docs'];
  const paths = folders.flatMap((folder) => listFiles(join(root, folder)));
  const files = paths.map((path) => {
    const name = relative(root, path).split(sep).join('/');
    return [name, readFileSync(path, 'utf8')] as const;
  });
  return houseOfFiles(Object.fromEntries(files));
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.includes(entry.name) ? [] : listFiles(path);
    return READ_FILE.test(entry.name) ? [path] : [];
  });
}

export function workspaceOf(path: string): Workspace | undefined {
  return WORKSPACES.find(({ folder }) => path.startsWith(`${folder}/`));
}

/** The files below `src` of all workspaces. */
export function sourcePaths(house: House): string[] {
  return [...house.files.keys()].filter(isSource);
}

export function isSource(path: string): boolean {
  const found = workspaceOf(path);
  return found !== undefined && path.startsWith(`${found.folder}/src/`);
}

export function isTest(path: string): boolean {
  if (path.startsWith('test/')) return true;
  const found = workspaceOf(path);
  return found !== undefined && path.startsWith(`${found.folder}/test/`);
}

/** The file a relative import names, from the root; null for a package. */
export function targetOf(path: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const [file = ''] = specifier.split('?');
  return posix.join(posix.dirname(path), file);
}

/** The package a bare import names, without its subpath; null for a relative import. */
export function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.')) return null;
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** The room of a source file: a folder of the server, or a whole other workspace. */
export function roomOf(path: string): string | null {
  const found = workspaceOf(path);
  if (found === undefined) return null;
  if (found.folder !== 'server') return found.folder;
  const [, , first = '', ...rest] = path.split('/');
  if (rest.length > 0) return first === 'commands' ? 'server/main' : `server/${first}`;
  return `server/${first.replace(/\.ts$/, '')}`;
}

export function floorOf(room: string): number | null {
  const found = Object.entries(FLOORS).find(([, rooms]) => rooms.includes(room));
  return found === undefined ? null : Number(found[0]);
}

function workspace(
  folder: string,
  name: string,
  mayImport: readonly string[],
  options: { readonly hasNode?: boolean; readonly isBundled?: boolean } = {},
): Workspace {
  const { hasNode = false, isBundled = false } = options;
  return { folder, name, mayImport, hasNode, isBundled };
}
