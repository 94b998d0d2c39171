/** Files of the two pages that have no test of their own: what is nothing without a browser is looked at on the whole page. @module */
import type { WithoutOwnTest } from './house-files.ts';

export const PAGES_WITHOUT_OWN_TEST: readonly WithoutOwnTest[] = [
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
  ...['main.tsx', 'use-answer.ts', 'look.ts'].map((name) => ({
    path: `server/console/src/${name}`,
    coveredBy: 'server/console/test/app.test.ts',
    reason: 'a part of the operator page that is nothing without a browser and a server',
  })),
  ...['frame', 'sign-in', 'states', 'dialog'].map((name) => ({
    path: `server/console/src/view/${name}.tsx`,
    coveredBy: 'server/console/test/app.test.ts',
    reason: 'stands on every screen; looked at there, and in every state by states.test.ts',
  })),
  ...['event-filter', 'pages', 'retry-all'].map((name) => ({
    path: `server/console/src/view/${name}.tsx`,
    coveredBy: 'server/console/test/view/events.test.ts',
    reason: 'a part of the list of events, and nothing without it',
  })),
  ...['view/attempt.tsx', 'proof-file.ts'].map((name) => ({
    path: `server/console/src/${name}`,
    coveredBy: 'server/console/test/view/event.test.ts',
    reason: 'an attempt of an event, whose proof is downloaded and verified there',
  })),
  ...[
    'endpoint',
    'endpoint-form',
    'endpoint-actions',
    'enable-dialog',
    'rotate-dialog',
    'delete-dialog',
    'form-actions',
    'secret-once',
  ].map((name) => ({
    path: `server/console/src/view/${name}.tsx`,
    coveredBy: 'server/console/test/view/endpoints.test.ts',
    reason: 'what is done with an endpoint, from the list to its end',
  })),
  {
    path: 'server/console/src/view/compare-heads.tsx',
    coveredBy: 'server/console/test/view/log.test.ts',
    reason: 'a part of the screen of the log',
  },
  {
    path: 'server/console/src/view/key-form.tsx',
    coveredBy: 'server/console/test/view/keys.test.ts',
    reason: 'makes the keys that are looked at there',
  },
  {
    path: 'web-verifier/src/clipboard.ts',
    coveredBy: 'web-verifier/test/view/actions.test.ts',
    reason: 'one call of the browser, allowed and refused there',
  },
  {
    path: 'web-verifier/src/grounds.ts',
    coveredBy: 'web-verifier/test/view/anchor-card.test.ts',
    reason: 'keys and headers become what the verifier is given, seen in its verdicts there',
  },
  {
    path: 'web-verifier/src/item.ts',
    coveredBy: 'web-verifier/test/read-items.test.ts',
    reason: 'shapes and limits; the reader shows that they hold',
  },
  {
    path: 'web-verifier/src/view/copy-button.tsx',
    coveredBy: 'web-verifier/test/view/key-bar.test.ts',
    reason: 'stands behind each value; tried there on a fingerprint, with and without a clipboard',
  },
  ...['view/hash', 'view/sign'].map((name) => ({
    path: `web-verifier/src/${name}.tsx`,
    coveredBy: 'web-verifier/test/view/steps.test.ts',
    reason: 'drawn as a part of the steps, which look at its digits and signs',
  })),
  {
    path: 'server/console/src/view/anchors.tsx',
    coveredBy: 'server/console/test/view/log.test.ts',
    reason: 'a part of the screen of the log',
  },
];
