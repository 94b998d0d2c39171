/** What the house rules let pass, each with its reason; an entry that is no longer needed is a fault. @module */
import type { ReachesInto } from './house-arrows.ts';
import type { WithoutOwnTest } from './house-files.ts';
import { PAGES_WITHOUT_OWN_TEST } from './house-page-exceptions.ts';

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
  ...PAGES_WITHOUT_OWN_TEST,
  ...['attestation', 'cursor', 'varuint'].map((name) => ({
    path: `packages/verification/src/ots/${name}.ts`,
    coveredBy: 'packages/verification/test/ots/proof.test.ts',
    reason: 'a part of reading a proof file: each of its rules has a file that breaks it there',
  })),
  {
    path: 'packages/verification/src/ots/header-evidence.ts',
    coveredBy: 'packages/verification/test/ots/verify-anchor.test.ts',
    reason: 'whose word decides, told by verdicts',
  },
  {
    path: 'packages/verification/src/ots/mainnet-pins.ts',
    coveredBy: 'packages/verification/test/ots/mainnet.test.ts',
    reason: 'a table of hashes; the test compares them with published ones',
  },
  {
    path: 'server/src/http/schemas/console-session.ts',
    coveredBy: 'server/test/http/console-session.test.ts',
    reason: 'what is asked and answered there',
  },
  {
    path: 'server/src/http/routes/console-session.ts',
    coveredBy: 'server/test/http/console-session.test.ts',
    reason: 'signing in and out is tried there together with what a session is worth',
  },
  {
    path: 'server/src/http/static-page.ts',
    coveredBy: 'server/test/http/routes/verify-page.test.ts',
    reason: 'has two callers, whose answers are looked at there and in console-page.test.ts',
  },
  ...['item', 'unpackers', 'walk', 'zip-file'].map((name) => ({
    path: `cli/src/inputs/${name}.ts`,
    coveredBy: 'cli/test/inputs/read-items.test.ts',
    reason: 'a station of reading inputs: files, streams and archives go through all of them there',
  })),
  {
    path: 'packages/verification/src/zip.ts',
    coveredBy: 'packages/verification/test/zip-directory.test.ts',
    reason: 'a directory and its entries are one archive: each trick is tried on both',
  },
  ...[
    'anchor-command',
    'anchor-evidence',
    'anchor-upgrade',
    'header-sources',
    'known-blocks',
    'commands/stamp',
    'render/anchor',
  ].map((name) => ({
    path: `cli/src/${name}.ts`,
    coveredBy: 'cli/test/commands/anchor.test.ts',
    reason: 'a part of one command, seen there against a calendar, a node and an explorer',
  })),
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
  ...[
    'explain-json',
    'explain-markdown',
    'junit',
    'markdown',
    'report-page',
    'report-rows',
    'sarif',
  ].map((name) => ({
    path: `cli/src/render/${name}.ts`,
    coveredBy: 'cli/test/render/report-files.test.ts',
    reason: 'one of the reports of a run: the same hostile inputs go through all of them',
  })),
  ...['action-inputs', 'main', 'problems', 'runner-files', 'step-summary', 'workflow-commands'].map(
    (name) => ({
      path: `cli/src/action/${name}.ts`,
      coveredBy: 'cli/test/action/run-action.test.ts',
      reason: 'a part of the action: what a runner sees of it is looked at on whole steps',
    }),
  ),
  {
    path: 'cli/src/process-host.ts',
    coveredBy: 'cli/test/main.test.ts',
    reason: 'streams, signals and threads of a process: the built program is started',
  },
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
    path: 'cli/src/worker.ts',
    coveredBy: 'cli/test/verify-items.test.ts',
    reason: 'a thread of its own; its answers are compared with those of one thread',
  },
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
  ...['log', 'machine', 'traffic'].map((subject) => ({
    path: `server/src/commands/doctor/${subject}-checks.ts`,
    coveredBy: 'server/test/commands/doctor.test.ts',
    reason:
      'checks of the doctor: each of their findings is provoked there on a whole installation',
  })),
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
  ...['anchor', 'ask-calendar', 'check-blocks', 'next-anchor'].map((name) => ({
    path: `server/src/anchors/${name}.ts`,
    coveredBy: 'server/test/anchors/upgrade.test.ts',
    reason: 'a part of an anchor’s way: every lie of a calendar goes through all of them there',
  })),
  {
    path: 'server/src/anchors/header-source.ts',
    coveredBy: 'server/test/anchors/header-client.test.ts',
    reason: 'a contract, and asking those who keep it: a node, an explorer and a liar',
  },
  ...['http/log-answer', 'http/schemas/anchor', 'proofs/choose-head'].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/http/routes/anchors.test.ts',
    reason: 'what a caller gets of anchors, seen through the routes',
  })),
  {
    path: 'server/src/base/anchor-settings.ts',
    coveredBy: 'server/test/base/config.test.ts',
    reason: 'a part of the table that `readConfig` reads',
  },
  {
    path: 'server/src/base/bounded-body.ts',
    coveredBy: 'server/test/anchors/calendar-client.test.ts',
    reason: 'its bound is tried there byte by byte, with bodies that never end',
  },
  {
    path: 'server/src/app/assertions.ts',
    coveredBy: 'server/test/app.test.ts',
    reason: 'what the start refuses, told by starting',
  },
  {
    path: 'server/src/app/delivering.ts',
    coveredBy: 'server/test/app.test.ts',
    reason: 'wiring: a whole server delivers there',
  },
  ...[
    'components',
    'failure-words',
    'operation',
    'parameter-words',
    'route-doc',
    'security',
    'docs-page',
  ].map((name) => ({
    path: `server/src/http/openapi/${name}.ts`,
    coveredBy: 'server/test/http/openapi/document.test.ts',
    reason: 'a part of the document, which is looked at whole there, with the page made of it',
  })),
  {
    path: 'server/src/http/routes/api-document.ts',
    coveredBy: 'server/test/http/openapi/document.test.ts',
    reason: 'hands out the document and the page',
  },
  ...['http/cursor', 'http/schemas/values'].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/http/tenant-isolation.test.ts',
    reason: 'cursors of every list are tried there by other tenants and other lists, and bent',
  })),
  ...[
    'http/if-match',
    'endpoints/change-endpoint',
    'endpoints/replace-store',
    'queue/close-store',
  ].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/http/routes/endpoint-change.test.ts',
    reason: 'replacing and deleting endpoints, their races and what they leave, seen as one',
  })),
  ...[
    'http/needs-token',
    'http/schemas/tenant',
    'tenants/create-tenant',
    'tenants/tenant-store',
  ].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/http/routes/tenants.test.ts',
    reason: 'seen through the routes about tenants and their token',
  })),
  ...['http/schemas/api-key', 'tenants/create-key', 'tenants/find-caller', 'tenants/key-store'].map(
    (name) => ({
      path: `server/src/${name}.ts`,
      coveredBy: 'server/test/http/routes/api-keys.test.ts',
      reason: 'keys are made, used, listed and revoked there',
    }),
  ),
  ...['http/schemas/event-replay', 'queue/replay-many', 'queue/replay-many-store'].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/http/routes/event-replay.test.ts',
    reason: 'has one caller, whose answers, effects and races are looked at there',
  })),
  ...['http/schemas/stats', 'queue/stats-store'].map((name) => ({
    path: `server/src/${name}.ts`,
    coveredBy: 'server/test/http/routes/stats.test.ts',
    reason: 'every number is looked at there',
  })),
  {
    path: 'server/src/http/schemas/endpoint-test.ts',
    coveredBy: 'server/test/http/routes/endpoint-test.test.ts',
    reason: 'one optional member, given and left out there',
  },
  {
    path: 'server/src/http/schemas/ingest.ts',
    coveredBy: 'server/test/http/routes/ingest-batch.test.ts',
    reason: 'what senders are answered; every answer of a test is held against it',
  },
  {
    path: 'server/src/http/invalid-at.ts',
    coveredBy: 'server/test/http/routes/event-list.test.ts',
    reason: 'one refusal, whose place and code are looked at there',
  },
  {
    path: 'server/src/events/payload-store.ts',
    coveredBy: 'server/test/http/routes/events.test.ts',
    reason: 'one statement: bodies that are there, and one that is gone',
  },
  {
    path: 'server/src/commands/pick-tenant.ts',
    coveredBy: 'server/test/commands/api-keys.test.ts',
    reason: 'the reading of one option of several commands; what it refuses is seen there',
  },
  ...[
    'attestation-operations',
    'endpoints-operations',
    'events-operations',
    'ingest-operations',
    'operations',
    'platform-operations',
    'console-operations',
    'server-operations',
    'tenant-operations',
  ].map((name) => ({
    path: `packages/client/src/generated/${name}.ts`,
    coveredBy: 'server/test/http/openapi/client.test.ts',
    reason: 'generated, and compared with a fresh generation there',
  })),
  {
    path: 'packages/client/src/api-error.ts',
    coveredBy: 'packages/client/test/client.test.ts',
    reason: 'the error of the client, seen in what it throws',
  },
];
