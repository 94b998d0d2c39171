/** House rules about what code may touch where: SQL, streams, environment, time and chance. @module */
import type { CodeFacts } from './house-code.ts';
import { type House, isSource, type Rule } from './house-tree.ts';

const MAIN_FILE =
  /^(cli\/src\/process-host\.ts|server\/src\/main\.ts|web-verifier\/src\/main\.tsx|server\/console\/src\/main\.tsx)$/;
const STREAM_FILE =
  /^(cli\/src\/process-host\.ts|server\/src\/main\.ts|server\/src\/telemetry\/logger\.ts)$/;
const SETTINGS_FILE =
  /^(cli\/src\/process-host\.ts|server\/src\/main\.ts|server\/src\/base\/config\.ts)$/;
const STORE_FILE = /^server\/src\/(db\/.*|(.*\/)?([a-z-]+-)?store\.ts)$/;

// Whole statements or their beginnings. Words alone ("select", "update") are ordinary English.
const SQL_TEXTS: readonly RegExp[] = [
  /^\s*SELECT\s/,
  /\bselect\s[\s\S]+?\sfrom\s+[a-z_]+\s+where\s/i,
  /\binsert\s+into\s+[a-z_?]/i,
  /\bupdate\s+[a-z_.?]+\s+set\s/i,
  /\bdelete\s+from\s+[a-z_.?]+\s*(where\s|using\s|;|$)/i,
  /\b(create|alter|drop)\s+(table|role|database|index|schema|function|extension|policy|user)\s/i,
  /^\s*(TRUNCATE|GRANT|REVOKE|LISTEN|UNLISTEN|NOTIFY|SET LOCAL|WITH)\s/,
  /^\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\s*;?\s*$/,
  /\bpg_(try_)?advisory_/,
];

/** Rule 7. */
export const sqlInStores: Rule = (house) =>
  codeOf(house)
    .filter(([path]) => path.startsWith('server/') && !STORE_FILE.test(path))
    .filter(([, { texts }]) => texts.some((text) => SQL_TEXTS.some((sql) => sql.test(text))))
    .map(([path]) => `${path} holds SQL`);

/** Rule 8. */
export const streamsAtTheEdge: Rule = (house) => [
  ...usesOutside(house, /^$/, (use) => use === 'console' || use.startsWith('console.')),
  ...usesOutside(house, STREAM_FILE, (use) => /^process\.(stdout|stderr)\b/.test(use)),
  ...importsOutside(house, /^$/, 'node:console', () => true),
  ...importsOutside(house, STREAM_FILE, 'node:process', (name) => /^std(out|err)$/.test(name)),
];

/** Rule 9. */
export const settingsInOnePlace: Rule = (house) => [
  ...usesOutside(house, SETTINGS_FILE, (use) => /^process\.env\b/.test(use)),
  ...importsOutside(house, SETTINGS_FILE, 'node:process', (name) => name === 'env'),
];

const CLOCK_FILE = new RegExp(`^server/src/base/|/worker-client\\.ts$|${MAIN_FILE.source}`);
const CLOCKS = ['Date.now', 'new Date()', 'Math.random', 'setTimeout', 'setInterval'];

/** Rule 10: time and chance are arguments; only the edge makes them. `setImmediate` takes no time. */
export const timeAndChanceAtTheEdge: Rule = (house) => [
  ...usesOutside(house, CLOCK_FILE, (use) => CLOCKS.includes(use)),
  ...importsOutside(house, CLOCK_FILE, 'node:timers', (name) => name !== 'setImmediate'),
  ...importsOutside(house, CLOCK_FILE, 'node:timers/promises', (name) => name !== 'setImmediate'),
];

function codeOf(house: House): [string, CodeFacts][] {
  return [...house.code].filter(([path]) => isSource(path));
}

function usesOutside(house: House, home: RegExp, isMeant: (use: string) => boolean): string[] {
  return codeOf(house)
    .filter(([path]) => !home.test(path))
    .flatMap(([path, { uses }]) => [...uses].filter(isMeant).map((use) => `${path} uses ${use}`));
}

function importsOutside(
  house: House,
  home: RegExp,
  module: string,
  isMeant: (name: string) => boolean,
): string[] {
  return codeOf(house)
    .filter(([path]) => !home.test(path))
    .flatMap(([path, { imports }]) =>
      imports
        .filter(({ specifier }) => specifier === module || `node:${specifier}` === module)
        .flatMap(({ names }) => names.filter(isMeant))
        .map((name) => `${path} imports ${name} of ${module}`),
    );
}
