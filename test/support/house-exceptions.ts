/** What the house rules let pass, each with its reason; an entry that is no longer needed is a fault. @module */
import type { ReachesInto } from './house-arrows.ts';
import type { WithoutOwnTest } from './house-files.ts';

/** Rule 6: the server is a program, not a library, so it has no public list to import. */
export const REACHES_INTO: readonly ReachesInto[] = [
  {
    from: 'test/support/postgres-',
    into: 'server/src/',
    reason: 'starts the PostgreSQL that the server ships, and applies its migrations',
  },
];

/** Rule 14: a path, or a folder with `/` at the end, and the existing test file that covers it. */
export const WITHOUT_OWN_TEST: readonly WithoutOwnTest[] = [
  ...[
    'main.tsx',
    'checker.ts',
    'checks.ts',
    'sources.ts',
    'view/claims.tsx',
    'view/finding-detail.tsx',
    'view/result-list.tsx',
    'view/run-state.tsx',
    'view/verdict-band.tsx',
    'view/visible-rows.ts',
  ].map((name) => ({
    path: `web-verifier/src/${name}`,
    coveredBy: 'web-verifier/test/app.test.ts',
    reason: 'a part of the page that is nothing without a browser; seen there on the whole page',
  })),
  {
    path: 'web-verifier/src/item.ts',
    coveredBy: 'web-verifier/test/read-items.test.ts',
    reason: 'shapes and limits; the reader shows that they hold',
  },
  ...['item', 'lines', 'gzip', 'text-stream', 'walk', 'zip-file'].map((name) => ({
    path: `cli/src/inputs/${name}.ts`,
    coveredBy: 'cli/test/inputs/read-items.test.ts',
    reason: 'a station of reading inputs: files, streams and archives go through all of them there',
  })),
  {
    path: 'cli/src/inputs/zip-entry.ts',
    coveredBy: 'cli/test/inputs/zip-directory.test.ts',
    reason: 'a directory and its entries are one archive: each trick is tried on both',
  },
  ...['apply-requirements', 'byte-size', 'duration', 'verify-options', 'witness-trust'].map(
    (name) => ({
      path: `cli/src/${name}.ts`,
      coveredBy: 'cli/test/requirements.test.ts',
      reason: 'what the user requires, from the words to the verdict: told by whole runs',
    }),
  ),
  {
    path: 'cli/src/commands/keys.ts',
    coveredBy: 'cli/test/trust-file.test.ts',
    reason: 'changes the trust file, and is seen in it',
  },
  ...['evidence', 'network', 'watch-state'].map((name) => ({
    path: `cli/src/${name}.ts`,
    coveredBy: 'cli/test/commands/watch.test.ts',
    reason: 'a part of the watch: seen against a log on this machine',
  })),
  ...['zip-writer', 'output-file'].map((name) => ({
    path: `cli/src/${name}.ts`,
    coveredBy: 'cli/test/commands/bundle.test.ts',
    reason: 'writes bundles, which are read back and taken apart there',
  })),
  ...['explain-json', 'explain-markdown', 'junit', 'markdown', 'report-page', 'sarif'].map(
    (name) => ({
      path: `cli/src/render/${name}.ts`,
      coveredBy: 'cli/test/render/report-files.test.ts',
      reason: 'one of the reports of a run: the same hostile inputs go through all of them',
    }),
  ),
  ...['progress', 'text-view'].map((name) => ({
    path: `cli/src/render/${name}.ts`,
    coveredBy: 'cli/test/commands/verify.test.ts',
    reason: 'what a run prints while it goes on, seen in the output of whole runs',
  })),
  ...['completion', 'inspect', 'man-page', 'selftest'].map((name) => ({
    path: `cli/src/commands/${name}.ts`,
    coveredBy: 'cli/test/commands/further.test.ts',
    reason: 'a small command without rules of its own, run as a user does',
  })),
  {
    path: 'cli/src/selftest-vector.ts',
    coveredBy: 'cli/test/commands/further.test.ts',
    reason: 'a fixture as text, compared with the file there',
  },
  ...['command-tree', 'further-commands', 'option-terms', 'shared-options'].map((name) => ({
    path: `cli/src/${name}.ts`,
    coveredBy: 'cli/test/program.test.ts',
    reason: 'the words of the commands, which whole command lines go through there',
  })),
  {
    path: 'cli/src/tally.ts',
    coveredBy: 'cli/test/render/list.test.ts',
    reason: 'the counts behind the summary line, seen in it',
  },
  {
    path: 'cli/src/worker.ts',
    coveredBy: 'cli/test/verify-items.test.ts',
    reason: 'a thread of its own; its answers are compared with those of one thread',
  },
  ...['view/hash', 'view/sign'].map((name) => ({
    path: `web-verifier/src/${name}.tsx`,
    coveredBy: 'web-verifier/test/view/steps.test.ts',
    reason: 'drawn as a part of the steps, which look at its digits and signs',
  })),
  {
    path: 'server/src/main.ts',
    coveredBy: 'test/scenario/main.test.ts',
    reason: 'argv, signals and exit codes are those of a process: the built program is started',
  },
  {
    path: 'server/src/embedded/supervisor.ts',
    coveredBy: 'server/test/embedded/holder.test.ts',
    reason: 'a program of its own; the test starts it, kills it, and looks at what it leaves',
  },
  {
    path: 'server/src/base/settings.ts',
    coveredBy: 'server/test/base/config.test.ts',
    reason: 'the table that `readConfig` reads: names, defaults and bounds are seen there',
  },
  ...['app/measuring', 'app/leaf-traces', 'http/request-trace', 'queue/delivery-trace'].map(
    (name) => ({
      path: `server/src/${name}.ts`,
      coveredBy: 'server/test/app/seen-from-outside.test.ts',
      reason: 'joins rooms: what it does is seen on a whole server, by its metrics and its traces',
    }),
  ),
  ...['app/egress', 'http/listening'].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/app.test.ts',
    reason: 'a part of the start of a server, which is seen there from outside',
  })),
  {
    path: 'server/src/telemetry/metric-list.ts',
    coveredBy: 'server/test/telemetry/metrics.test.ts',
    reason: 'the list of all metrics: names, labels and bounds are seen there',
  },
  {
    path: 'server/src/endpoints/outgoing-store.ts',
    coveredBy: 'server/test/endpoints/outgoing.test.ts',
    reason: 'one statement; all that it answers is opened there from real rows',
  },
  {
    path: 'server/src/endpoints/sealed-store.ts',
    coveredBy: 'server/test/endpoints/secret-keeper.test.ts',
    reason: 'statements of the keeper: each table is sealed again there, and opened afterwards',
  },
  ...['create-endpoint', 'credentials-store'].map((name) => ({
    path: `server/src/endpoints/${name}.ts`,
    coveredBy: 'server/test/endpoints/outgoing.test.ts',
    reason: 'writes what deliveries are sent with; read back there, sealed and opened',
  })),
  ...['rotate-secret', 'signing-store'].map((name) => ({
    path: `server/src/endpoints/${name}.ts`,
    coveredBy: 'server/test/http/routes/rotate-secret.test.ts',
    reason: 'a rotation: its overlap, its bound and its races are seen through the API',
  })),
  {
    path: 'server/src/http/schemas/endpoint-request.ts',
    coveredBy: 'server/test/http/routes/endpoints.test.ts',
    reason: 'members of the body that makes an endpoint, and of the answer that shows it',
  },
  ...['database', 'rate', 'request'].map((part) => ({
    path: `server/src/base/${part}-settings.ts`,
    coveredBy: 'server/test/base/config.test.ts',
    reason: 'a part of the table that `readConfig` reads',
  })),
  {
    path: 'server/src/embedded/embedded-error.ts',
    coveredBy: 'server/test/embedded/launch.test.ts',
    reason: 'an error class; the tests of those who throw it look at its codes',
  },
  {
    path: 'server/src/keys/signer.ts',
    coveredBy: 'server/test/keys/memory-signer.test.ts',
    reason: 'a contract and its error class; the tests of those who keep it look at both',
  },
  {
    path: 'server/src/commands/read-time.ts',
    coveredBy: 'server/test/commands/revoke-key.test.ts',
    reason: 'the reading of one option of two commands; what it refuses is seen there',
  },
  {
    path: 'server/src/logs/halt-store.ts',
    coveredBy: 'server/test/commands/halt-logs.test.ts',
    reason: 'the statements behind the two commands: each is run there, also by several at once',
  },
  {
    path: 'server/src/attestation/published-head-text.ts',
    coveredBy: 'server/test/attestation/published-head-file.test.ts',
    reason: 'the text of a file or object: what it refuses is seen through both places',
  },
  {
    path: 'server/src/attestation/s3-client.ts',
    coveredBy: 'server/test/attestation/s3-sink-client.test.ts',
    reason: 'one request of the sink and of the head bucket, seen through both',
  },
  ...['check-head', 'check-leaf', 'end', 'leaf-source', 'settled', 'settled-store', 'store'].map(
    (name) => ({
      path: `server/src/audit/${name}.ts`,
      coveredBy: 'server/test/audit/audit.test.ts',
      reason:
        'a part of the audit: each of its findings is provoked in a whole log, and seen there',
    }),
  ),
  {
    path: 'server/src/queue/job-row.ts',
    coveredBy: 'server/test/queue/store.test.ts',
    reason: 'a claimed delivery is looked at there, member by member',
  },
  ...['replay', 'replay-store'].map((name) => ({
    path: `server/src/queue/${name}.ts`,
    coveredBy: 'server/test/http/routes/event-retry.test.ts',
    reason: 'has one caller, whose answers and effects are looked at there',
  })),
  ...['queue/set-aside-store', 'queue/switch-endpoint', 'endpoints/state-store'].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/queue/set-aside.test.ts',
    reason: 'disabling, holding, enabling and releasing are seen there as one, in the database',
  })),
  ...['circuits', 'circuit-store'].map((name) => ({
    path: `server/src/delivery/${name}.ts`,
    coveredBy: 'server/test/queue/probe.test.ts',
    reason: 'a circuit opens and closes by results and time alone: seen with workers and sockets',
  })),
  ...['schemas/endpoint-state', 'schemas/endpoint-delivery'].map((name) => ({
    path: `server/src/http/${name}.ts`,
    coveredBy: 'server/test/http/routes/endpoint-state.test.ts',
    reason: 'every member and bound is asked for through the route',
  })),
  {
    path: 'server/src/http/schemas/event-list.ts',
    coveredBy: 'server/test/http/routes/event-list.test.ts',
    reason: 'every parameter and bound is asked for through the route',
  },
  {
    path: 'server/src/endpoints/delivery-settings.ts',
    coveredBy: 'server/test/http/routes/endpoint-state.test.ts',
    reason: 'types and defaults, which the API shows',
  },
  {
    path: 'server/src/app/delivering.ts',
    coveredBy: 'server/test/app.test.ts',
    reason: 'wiring: a whole server delivers there',
  },
];
