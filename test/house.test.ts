/** The plan is a test: floors, circles, places and names of `docs/architecture.md`. @module */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  frameworksAtHome,
  importTable,
  noArrowUpwards,
  noCircle,
  onlyPublicLists,
} from './support/house-arrows.ts';
import { REACHES_INTO, WITHOUT_OWN_TEST } from './support/house-exceptions.ts';
import {
  filesOnMap,
  onTheMap,
  opensWithSentence,
  ownTest,
  shortFiles,
  speakingNames,
} from './support/house-files.ts';
import {
  settingsInOnePlace,
  sqlInStores,
  streamsAtTheEdge,
  timeAndChanceAtTheEdge,
} from './support/house-places.ts';
import { houseOfFiles, type Rule, readHouse } from './support/house-tree.ts';

const HOUSE = readHouse(fileURLToPath(new URL('..', import.meta.url)));

/** Applies a rule to a made-up tree. */
function faultsOf(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return rule(houseOfFiles(files));
}

/** The files of a made-up tree that the rule refuses. */
function refusedBy(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return Object.keys(files).filter(
    (path) => faultsOf(rule, { [path]: files[path] ?? '' }).length > 0,
  );
}

function holds(rule: Rule): void {
  expect(rule(HOUSE)).toEqual([]);
}

test('the house was read', () => {
  expect(HOUSE.code.size).toBeGreaterThan(50);
  expect(HOUSE.code.get('packages/tree/src/prove.ts')?.imports.length).toBeGreaterThan(3);
});

describe('1: no arrow to a higher floor, none between rooms of one floor', () => {
  test('sees them in all forms of import', () => {
    expect(
      refusedBy(noArrowUpwards, {
        'server/src/db/a.ts': "import { x } from '../logs/log.ts';",
        'server/src/ingest/a.ts': "import type { X } from '../delivery/attempt.ts';",
        'server/src/ingest/b.ts': "export { x } from '../http/reply.ts';",
        'server/src/ingest/c.ts': "type X = import('../queue/job.ts').Job;",
        'server/src/ingest/d.ts': "const x = await import('../../../cli/src/main.ts');",
        'server/src/ingest/e.ts': "import '../app.ts';",
        'server/src/cellar/a.ts': "import { x } from '../base/ids.ts';",
        'packages/verification/src/a.ts': "import { MemoryTree } from '@kapsel/tree';",
        'server/src/queue/a.ts':
          "import { x } from '../delivery/attempt.ts'; import { y } from './b.ts';",
        'server/src/main.ts': "import { x } from './commands/serve.ts';",
        'server/src/commands/serve.ts': "import { x } from '../app.ts';",
        'server/src/proofs/a.ts': "import { proveInclusion } from '@kapsel/tree';",
        'packages/tree/src/a.ts': "import { nodeHash } from '@kapsel/verification';",
      }),
    ).toEqual([
      'server/src/db/a.ts',
      'server/src/ingest/a.ts',
      'server/src/ingest/b.ts',
      'server/src/ingest/c.ts',
      'server/src/ingest/e.ts',
      'server/src/cellar/a.ts',
      'packages/verification/src/a.ts',
    ]);
  });
  test('holds', () => holds(noArrowUpwards));
});

describe('2: no circle', () => {
  test('sees circles of files and of rooms', () => {
    const files = {
      'cli/src/a.ts': "import './b.ts';",
      'cli/src/b.ts': "import type { C } from './c.ts';",
      'cli/src/c.ts': "export * from './a.ts';",
      'cli/src/d.ts': "import './a.ts';",
      'cli/src/e.ts': "import './e.ts';",
      'server/src/x/a.ts': "import '../y/b.ts';",
      'server/src/y/c.ts': "import '../x/d.ts';",
    };
    expect(faultsOf(noCircle, files)).toEqual([
      'circle: cli/src/a.ts -> cli/src/b.ts -> cli/src/c.ts -> cli/src/a.ts',
      'circle: cli/src/e.ts -> cli/src/e.ts',
      'circle: server/x -> server/y -> server/x',
    ]);
  });
  test('holds', () => holds(noCircle));
});

describe('3: a source file has at most 300 lines, a test at most 500', () => {
  test('sees longer ones', () => {
    const lines = (count: number) => '// line\n'.repeat(count);
    expect(
      refusedBy(shortFiles, {
        'cli/src/a.ts': lines(300),
        'cli/src/b.ts': lines(301),
        'cli/test/a.test.ts': lines(500),
        'cli/test/b.test.ts': lines(501),
        'test/demo/demo.mjs': lines(501),
        'cli/scripts/a.mjs': lines(600),
      }),
    ).toEqual(['cli/src/b.ts', 'cli/test/b.test.ts', 'test/demo/demo.mjs']);
  });
  test('holds', () => holds(shortFiles));
});

describe('4: each file opens with a sentence and @module', () => {
  test('sees the ones that do not', () => {
    expect(
      refusedBy(opensWithSentence, {
        'cli/src/a.ts': '/** Says what it is. RFC 1. @module */\n',
        'cli/src/b.ts': '#!/usr/bin/env node\n/**\n * Says what\n * it is.\n * @module\n */\n',
        'cli/src/i.ts': '/** Is that what it is? @module */\n',
        'cli/src/c.ts': '/** Says what it is. */\n',
        'cli/src/d.ts': '// comment\n/** Says what it is. @module */\n',
        'cli/src/e.ts': '/** @module */\n',
        'cli/src/f.ts': '/** no sentence @module */\n',
        'cli/src/g.ts': '/** One thing. */ const a = 1; /** Another thing there. @module */\n',
        'cli/src/h.tsx': '',
        'cli/test/a.test.ts': '',
      }),
    ).toEqual(['c.ts', 'd.ts', 'e.ts', 'f.ts', 'g.ts', 'h.tsx'].map((name) => `cli/src/${name}`));
  });
  test('holds', () => holds(opensWithSentence));
});

describe('5: workspaces import what the table and their package.json allow', () => {
  test('sees imports that are not allowed or not declared', () => {
    const manifest = (manifest: unknown) => JSON.stringify(manifest);
    expect(
      faultsOf(importTable, {
        'packages/verification/package.json': manifest({
          dependencies: { '@noble/hashes': '1' },
          devDependencies: { '@noble/curves': '1', '@kapsel/tree': '1' },
        }),
        'packages/verification/src/a.ts':
          "import 'node:crypto'; import '@noble/curves/ed25519.js';",
        'cli/package.json': manifest({
          devDependencies: { '@kapsel/verification': '1', commander: '1' },
        }),
        'packages/tree/package.json': manifest({
          devDependencies: { '@kapsel/verification': '1' },
        }),
        'cli/src/a.ts':
          "import '@kapsel/verification'; import 'commander'; import 'node:fs'; import './b.ts';",
        'cli/src/b.ts': "import 'chalk'; import 'fs'; import '@kapsel/tree';",
        'packages/tree/src/a.ts': "import '@kapsel/verification';",
      }),
    ).toEqual([
      'packages/verification/src/a.ts imports node:crypto, and must run without Node',
      'cli/src/b.ts imports chalk: not declared',
      'cli/src/b.ts imports fs without node:',
      'cli/src/b.ts imports @kapsel/tree: not its own',
      'packages/tree/src/a.ts imports @kapsel/verification: not declared',
      'packages/verification/package.json declares @kapsel/tree: not in the import table',
      'packages/verification/package.json depends on @noble/hashes: it ships compiled in',
    ]);
  });
  test('holds', () => holds(importTable));
});

describe('6: other workspaces by name alone, and nobody imports their own index', () => {
  test('sees ways around the public list', () => {
    expect(
      refusedBy(onlyPublicLists([]), {
        'packages/tree/src/a.ts': "import '@kapsel/verification/src/hash.ts';",
        'packages/tree/src/b.ts': "import '../../verification/src/hash.ts';",
        'packages/tree/src/c.ts': "import './index.ts';",
        'packages/tree/src/d.ts': "import '../test/reference.ts';",
        'packages/tree/src/e.ts': "import '@kapsel/verification'; import './a.ts';",
        'packages/tree/test/index.test.ts': "import '../src/index.ts';",
        'packages/tree/test/a.test.ts': "import '../src/index.ts';",
        'packages/tree/test/b.test.ts':
          "import '../src/b.ts'; import '../../../test/support/a.ts';",
        'packages/tree/test/c.test.ts': "import '../../../test/demo/a.ts';",
        'test/scenario/a.test.ts': "import '@kapsel/tree'; import '../support/a.ts';",
        'test/scenario/b.test.ts': "import '../../server/src/app.ts';",
      }),
    ).toEqual([
      'packages/tree/src/a.ts',
      'packages/tree/src/b.ts',
      'packages/tree/src/c.ts',
      'packages/tree/src/d.ts',
      'packages/tree/test/a.test.ts',
      'packages/tree/test/c.test.ts',
      'test/scenario/b.test.ts',
    ]);
  });
  test('lets tests pass that are on the list, and sees when the list is too long', () => {
    const files = {
      'test/support/a.ts': "import '../../server/src/app.ts';",
      'cli/src/a.ts': "import '../../server/src/app.ts';",
    };
    const entry = (from: string) => ({ from, into: 'server/src/', reason: 'made up' });
    const list = ['test/support/', 'cli/src/', 'test/demo/'].map(entry);
    expect(faultsOf(onlyPublicLists(list), files)).toEqual([
      'cli/src/a.ts reaches out to server/src/app.ts',
      'cli/src/ may reach into server/src/, and does not',
      'test/demo/ may reach into server/src/, and does not',
    ]);
  });
  test('holds', () => holds(onlyPublicLists(REACHES_INTO)));
});

describe('7: SQL only in stores and db', () => {
  test('sees statements, not English', () => {
    expect(
      refusedBy(sqlInStores, {
        'server/src/queue/worker.ts': 'const a = `\n  SELECT id\n  FROM delivery_queue`;',
        'server/src/queue/reap.ts': "const a = 'delete from delivery_queue where id = $1';",
        'server/src/queue/pool.ts': "await db.query('BEGIN');",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a made-up file
        'server/src/queue/job.ts': 'const a = `INSERT INTO ${table} VALUES (1)`;',
        'server/src/queue/lock.ts': "const a = 'x' + 'pg_try_advisory_xact_lock(1)';",
        'server/src/queue/store.ts': "const a = 'SELECT id FROM delivery_queue';",
        'server/src/queue/lease-store.ts': "const a = 'SELECT id FROM delivery_queue';",
        'server/src/db/migrate.ts': "const a = 'CREATE TABLE x (id int)';",
        'server/src/http/reply.ts': "const a = 'Select a tenant from the list, update it, set it';",
        'server/src/http/store.test-notes.ts': "const a = 'UPDATE tenants SET name = $1';",
        'cli/src/words.ts': "const a = 'DELETE FROM x WHERE y';",
      }),
    ).toEqual([
      'server/src/queue/worker.ts',
      'server/src/queue/reap.ts',
      'server/src/queue/pool.ts',
      'server/src/queue/job.ts',
      'server/src/queue/lock.ts',
      'server/src/http/store.test-notes.ts',
    ]);
  });
  test('holds', () => holds(sqlInStores));
});

describe('8: console nowhere, the process streams in three files', () => {
  test('sees each way to reach them', () => {
    expect(
      refusedBy(streamsAtTheEdge, {
        'cli/src/a.ts': "console.log('x');",
        'cli/src/b.ts': "globalThis.console.error('x');",
        'cli/src/c.ts': 'const log = console;',
        'cli/src/d.ts': "process.stdout.write('x');",
        'cli/src/e.ts': "process['stderr'].write('x');",
        'cli/src/f.ts': 'const { stdout } = process;',
        'cli/src/g.ts': "import { stderr } from 'node:process';",
        'cli/src/h.ts':
          "// console.log\nconst a = { console: 'console.log', stdout: host.stdout };",
        'cli/src/process-host.ts': "process.stdout.write('x');",
        'server/src/main.ts': "process.stderr.write('x');",
        'server/src/telemetry/logger.ts': "process.stdout.write('x');",
        'server/src/app.ts': "process.stdout.write('x');",
      }),
    ).toEqual([...'abcdefg'].map((name) => `cli/src/${name}.ts`).concat('server/src/app.ts'));
  });
  test('holds', () => holds(streamsAtTheEdge));
});

describe('9: the environment is read in config and main', () => {
  test('sees each way to read it', () => {
    expect(
      refusedBy(settingsInOnePlace, {
        'server/src/db/a.ts': 'const a = process.env.DATABASE_URL;',
        'server/src/db/b.ts': 'const { env } = process;',
        'server/src/db/c.ts': "import { env } from 'node:process';",
        'server/src/db/d.ts': 'const a = config.env; const b = { env: 1 };',
        'server/src/base/config.ts': 'const a = process.env;',
        'server/src/main.ts': 'const a = process.env;',
        'cli/src/process-host.ts': 'const a = process.env;',
        'cli/src/program.ts': 'const a = process.env;',
      }),
    ).toEqual([...'abc'].map((name) => `server/src/db/${name}.ts`).concat('cli/src/program.ts'));
  });
  test('holds', () => holds(settingsInOnePlace));
});

describe('10: time and chance are made at the edge', () => {
  test('sees clocks, timers and dice', () => {
    expect(
      refusedBy(timeAndChanceAtTheEdge, {
        'server/src/queue/a.ts': 'const a = Date.now();',
        'server/src/queue/b.ts': 'const a = new Date();',
        'server/src/queue/c.ts': 'const a = Math.random();',
        'server/src/queue/d.ts': 'setTimeout(() => {}, 1);',
        'server/src/queue/e.ts': "import { setTimeout as sleep } from 'node:timers/promises';",
        'server/src/queue/f.ts': 'const now = Date.now;',
        'server/src/queue/g.ts':
          'const a = new Date(ms); timers.setTimeout(a); type T = typeof setTimeout;',
        'server/src/queue/h.ts': "import { setImmediate } from 'node:timers/promises';",
        'server/src/base/clock.ts': 'const a = Date.now();',
        'web-verifier/src/worker-client.ts': 'setTimeout(() => {}, 1);',
        'cli/src/process-host.ts': 'const a = Date.now();',
      }),
    ).toEqual([...'abcdef'].map((name) => `server/src/queue/${name}.ts`));
  });
  test('holds', () => holds(timeAndChanceAtTheEdge));
});

describe('11: HTTP frameworks stay in their rooms', () => {
  test('sees them elsewhere', () => {
    expect(
      refusedBy(frameworksAtHome, {
        'server/src/http/server.ts': "import { fastify } from 'fastify';",
        'server/src/app.ts': "import type { FastifyInstance } from 'fastify';",
        'server/src/proofs/a.ts': "import type { FastifyInstance } from 'fastify';",
        'server/src/proofs/b.ts': "import '@fastify/static';",
        'server/src/delivery/attempt.ts': "import { request } from 'undici';",
        'server/src/anchors/calendar-client.ts': "import { request } from 'undici';",
        'server/src/keys/vault-signer.ts': "import { request } from 'undici';",
        'server/src/anchors/stamp.ts': "import { request } from 'undici';",
      }),
    ).toEqual(['server/src/proofs/a.ts', 'server/src/proofs/b.ts', 'server/src/anchors/stamp.ts']);
  });
  test('holds', () => holds(frameworksAtHome));
});

describe('13: names say what is in the file', () => {
  test('sees empty names and other cases', () => {
    const paths = [
      'utils',
      'string-helpers',
      'types',
      'a/common',
      'task-manager',
      'readFile',
      'type-of',
    ];
    const files = [...paths, 'tile-id', 'index', 'v1'].map(
      (path) => [`cli/src/${path}.ts`, ''] as const,
    );
    expect(refusedBy(speakingNames, Object.fromEntries(files))).toEqual(
      paths.map((path) => `cli/src/${path}.ts`),
    );
  });
  test('holds', () => holds(speakingNames));
});

describe('14: each source file has its test, or a reason', () => {
  test('sees missing tests and reasons that ended', () => {
    const files = {
      'cli/src/a.ts': 'export const a = 1;',
      'cli/test/a.test.ts': '',
      'cli/src/b/c.ts': 'export const c = 1;',
      'cli/test/b/c.property.test.ts': '',
      'cli/src/d.ts': 'export const d = 1;',
      'cli/src/e.ts':
        "import type { A } from './a.ts';\nexport interface E { a: A }\nexport type F = E;",
      'cli/src/f.d.ts': 'declare const f: string;',
      'cli/src/g.ts': 'export const g = 1;',
      'cli/src/view/h.tsx': 'export const h = 1;',
    };
    const entry = (path: string, coveredBy: string) => ({ path, coveredBy, reason: 'made up' });
    const list = [
      entry('cli/src/g.ts', 'cli/test/a.test.ts'),
      entry('cli/src/view/', 'cli/test/none.test.ts'),
      entry('cli/src/a.ts', 'cli/test/a.test.ts'),
    ];
    expect(faultsOf(ownTest(list), files)).toEqual([
      'cli/src/d.ts has no cli/test/d.test.ts',
      'cli/src/a.ts stands on the list of files without a test, and need not',
      'cli/src/view/ is covered by cli/test/none.test.ts, which does not exist',
    ]);
  });
  test('holds', () => holds(ownTest(WITHOUT_OWN_TEST)));
});

describe('15: each source file is on the living map, and the other way round', () => {
  test('sees both directions', () => {
    const map = [
      '# Map',
      '```map',
      'cli/src/',
      '  a.ts   does it',
      '  b.ts',
      '  gone.ts  was',
      '```',
    ];
    const files = {
      'docs/architecture.md': [...map, '```', 'cli/src/', '  c.ts   not a map', '```', ''].join(
        '\n',
      ),
      'cli/src/a.ts': '',
      'cli/src/b.ts': '',
      'cli/src/c.ts': '/** Does something else. @module */',
    };
    expect(filesOnMap(files['docs/architecture.md']).map(({ path }) => path)).toEqual([
      'cli/src/a.ts',
      'cli/src/b.ts',
      'cli/src/gone.ts',
    ]);
    expect(faultsOf(onTheMap, files)).toEqual([
      'cli/src/c.ts is not on the map: Does something else.',
      'cli/src/gone.ts is on the map, but not on disk',
      'cli/src/b.ts: the map says nothing',
    ]);
  });
  test('holds', () => holds(onTheMap));
});
