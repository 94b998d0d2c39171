/** House rules about imports: floors, circles, workspaces, dependencies. @module */
import { isBuiltin } from 'node:module';
import {
  floorOf,
  type House,
  isSource,
  isTest,
  packageOf,
  type Rule,
  roomOf,
  targetOf,
  WORKSPACES,
  type Workspace,
  workspaceOf,
} from './house-tree.ts';

interface Arrow {
  readonly from: string;
  readonly specifier: string;
  /** A path for a relative import, a workspace's index for its name, else null. */
  readonly to: string | null;
}

/** Rule 1. `import type` counts: knowing a shape is knowing a room. */
export const noArrowUpwards: Rule = (house) =>
  arrowsOf(house, isSource).flatMap(({ from, to }) => {
    const [fromRoom, toRoom] = [roomOf(from), to === null ? null : roomOf(to)];
    if (fromRoom === null || toRoom === null || fromRoom === toRoom) return [];
    const [fromFloor, toFloor] = [floorOf(fromRoom), floorOf(toRoom)];
    if (fromFloor === null) return [`${from}: room ${fromRoom} has no floor`];
    if (toFloor === null) return [`${from}: room ${toRoom} has no floor`];
    if (toFloor < fromFloor) return [];
    const direction = toFloor > fromFloor ? 'a higher floor' : 'a neighbour on the same floor';
    return [`${from} (floor ${fromFloor}) imports ${to} (floor ${toFloor}): ${direction}`];
  });

/** Rule 2, for files and for rooms. */
export const noCircle: Rule = (house) => {
  const arrows = arrowsOf(house, isSource).filter((arrow) => arrow.to !== null);
  const files = arrows.map(({ from, to }) => [from, String(to)] as const);
  const rooms = files
    .map(([from, to]) => [String(roomOf(from)), String(roomOf(to))] as const)
    .filter(([from, to]) => from !== to);
  return [...circlesOf(files), ...circlesOf(rooms)].map(
    (circle) => `circle: ${circle.join(' -> ')}`,
  );
};

/** Rule 5: the import table, undeclared dependencies, and what the package files themselves declare. */
export const importTable: Rule = (house) => [
  ...arrowsOf(house, isSource).flatMap((arrow) => {
    const owner = workspaceOf(arrow.from);
    const name = packageOf(arrow.specifier);
    return owner === undefined || name === null ? [] : packageFaults(house, owner, arrow, name);
  }),
  ...WORKSPACES.flatMap((owner) => manifestFaults(house, owner)),
];

/** Tests that need what a workspace does not offer as a package. */
export interface ReachesInto {
  /** The beginning of the importing file's path. */
  readonly from: string;
  /** The beginning of the imported file's path. */
  readonly into: string;
  readonly reason: string;
}

/** Rule 6: other workspaces by their name alone; nobody imports the index of their own. */
export function onlyPublicLists(list: readonly ReachesInto[]): Rule {
  return (house) => [
    ...waysAround(house)
      .filter(({ from, to }) => !list.some((entry) => isListed(entry, from, to)))
      .map(({ says }) => says),
    ...list
      .filter((entry) => !waysAround(house).some(({ from, to }) => isListed(entry, from, to)))
      .map(({ from, into }) => `${from} may reach into ${into}, and does not`),
  ];
}

function isListed(entry: ReachesInto, from: string, to: string): boolean {
  return isTest(from) && from.startsWith(entry.from) && to.startsWith(entry.into);
}

interface WayAround {
  readonly from: string;
  readonly to: string;
  readonly says: string;
}

function waysAround(house: House): WayAround[] {
  return arrowsOf(house, (path) => isSource(path) || isTest(path)).flatMap(
    ({ from, specifier }) => {
      const to = targetOf(from, specifier) ?? specifier;
      const says = faultOfWay(from, to, packageOf(specifier));
      return says === null ? [] : [{ from, to, says }];
    },
  );
}

function faultOfWay(from: string, to: string, name: string | null): string | null {
  if (name !== null) {
    const isOurs = WORKSPACES.some((other) => other.name === name);
    return isOurs && to !== name ? `${from} imports ${to}, not ${name}` : null;
  }
  const folder = workspaceOf(from)?.folder;
  const home = isSource(from) ? `${folder}/src/` : `${folder ?? 'test'}/`;
  const isSupport = isTest(from) && to.startsWith('test/support/');
  if (!to.startsWith(home) && !isSupport) return `${from} reaches out to ${to}`;
  const isIndexTest = from === `${folder}/test/index.test.ts`;
  const isIndex = to === `${folder}/src/index.ts` && !isIndexTest;
  return isIndex ? `${from} imports the index of its own workspace` : null;
}

const UNDICI_FILE = /(-client|-signer)\.ts$|^server\/src\/delivery\//;
const FASTIFY_FILE = /^server\/src\/(http\/|app\.ts$)/;

/** Rule 11: HTTP frameworks stay in their rooms. */
export const frameworksAtHome: Rule = (house) =>
  arrowsOf(house, isSource).flatMap(({ from, specifier }) => {
    const name = packageOf(specifier) ?? '';
    const isFastify = name === 'fastify' || name.startsWith('@fastify/');
    if (isFastify && !FASTIFY_FILE.test(from)) return [`${from} imports ${name}`];
    return name === 'undici' && !UNDICI_FILE.test(from) ? [`${from} imports undici`] : [];
  });

function arrowsOf(house: House, isWanted: (path: string) => boolean): Arrow[] {
  return [...house.code]
    .filter(([path]) => isWanted(path))
    .flatMap(([from, { imports }]) =>
      imports.map(({ specifier }) => {
        const named = WORKSPACES.find(({ name }) => name === packageOf(specifier));
        const index = named === undefined ? null : `${named.folder}/src/index.ts`;
        return { from, specifier, to: targetOf(from, specifier) ?? index };
      }),
    );
}

function packageFaults(house: House, owner: Workspace, arrow: Arrow, name: string): string[] {
  const { from, specifier } = arrow;
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return [`${from} imports ${specifier} without node:`];
    return owner.hasNode ? [] : [`${from} imports ${specifier}, and must run without Node`];
  }
  const isOurs = WORKSPACES.some((other) => other.name === name);
  if (isOurs && !owner.mayImport.includes(name)) return [`${from} imports ${name}: not its own`];
  return declaredOf(house, owner).includes(name) ? [] : [`${from} imports ${name}: not declared`];
}

function manifestFaults(house: House, owner: Workspace): string[] {
  const path = `${owner.folder}/package.json`;
  if (!house.files.has(path)) return [];
  const manifest = manifestOf(house, owner);
  const all = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const foreign = all
    .flatMap((kind) => namesIn(manifest, kind))
    .filter((name) => WORKSPACES.some((other) => other.name === name))
    .filter((name) => !owner.mayImport.includes(name))
    .map((name) => `${path} declares ${name}: not in the import table`);
  const shipped = owner.isBundled ? namesIn(manifest, 'dependencies') : [];
  return [...foreign, ...shipped.map((name) => `${path} depends on ${name}: it ships compiled in`)];
}

function declaredOf(house: House, owner: Workspace): string[] {
  const manifest = manifestOf(house, owner);
  const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies'];
  if (owner.isBundled) kinds.push('devDependencies');
  return kinds.flatMap((kind) => namesIn(manifest, kind));
}

function manifestOf(house: House, owner: Workspace): Record<string, unknown> {
  return JSON.parse(house.files.get(`${owner.folder}/package.json`) ?? '{}');
}

function namesIn(manifest: Record<string, unknown>, kind: string): string[] {
  return Object.keys((manifest[kind] ?? {}) as Record<string, string>);
}

/** Each group of names that all reach each other, as a path that comes back to its start. */
function circlesOf(arrows: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const seen = new Set<string>();
  const circles: string[][] = [];
  for (const start of next.keys()) {
    if (seen.has(start)) continue;
    const way = wayBack(start, next);
    if (way === null) continue;
    for (const name of way) seen.add(name);
    circles.push(way);
  }
  return circles;
}

/** The shortest way from a name back to itself. */
function wayBack(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): string[] | null {
  const cameFrom = new Map<string, string>();
  const waiting = [start];
  for (const name of waiting) {
    for (const to of next.get(name) ?? []) {
      if (to === start) {
        const way = [start];
        for (let at = name; at !== start; at = cameFrom.get(at) ?? start) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, name);
      waiting.push(to);
    }
  }
  return null;
}
