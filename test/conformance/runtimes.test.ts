/** Every engine gives the same answer to every fixture: the running Node, Node 22 and 24, and Chromium. @module */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bytesFromHex,
  followKeyStatements,
  verifyEd25519,
  verifyProofPackage,
} from '@kapsel/verification';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import setupBrowser from '../support/browser-global-setup.ts';
import { part } from '../support/parts.ts';
import { type Answers, bundleReplay, type Questions, readQuestions } from '../support/replay.ts';
import { findRuntimes, MAJORS } from '../support/runtimes.ts';

const QUESTIONS = readQuestions();
const EXPECTED = answersHere(QUESTIONS);
const LIMIT_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'kapsel-replay-'));
const program = join(folder, 'replay.cjs');
const questions = join(folder, 'questions.json');
let script = '';

beforeAll(async () => {
  script = await bundleReplay();
  const main =
    "process.stdout.write(JSON.stringify([process.version, answerQuestions(require('./questions.json'))]));";
  writeFileSync(program, `${script}\n${main}\n`);
  writeFileSync(questions, JSON.stringify(QUESTIONS));
}, LIMIT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The answers of the source itself, without a bundler between. */
function answersHere({ nowMs, signatures, packages }: Questions): Answers {
  const verdicts = signatures.map(([signature, message, publicKey]) =>
    verifyEd25519(bytesFromHex(signature), bytesFromHex(message), bytesFromHex(publicKey)),
  );
  const reports = packages.map(({ text, publicKey }) => {
    const trust = { keys: [{ publicKey: bytesFromHex(publicKey), name: null }] };
    return JSON.stringify(verifyProofPackage(text, trust, { nowMs, followKeyStatements }));
  });
  return { signatures: verdicts.map((good) => (good ? 'V' : 'X')).join(''), reports };
}

function run(executable: string): readonly [version: string, answers: Answers] {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 26, timeout: LIMIT_MS } as const;
  return JSON.parse(execFileSync(executable, [program], options));
}

test('there is much to answer, and both answers are given', () => {
  expect(EXPECTED.signatures).toMatch(/V.*X|X.*V/);
  expect(EXPECTED.signatures.length).toBeGreaterThan(450);
  expect(EXPECTED.reports.length).toBeGreaterThan(100);
  expect(EXPECTED.reports.some((text) => text.startsWith('{"verdict":"verified"'))).toBe(true);
});

test('the running Node', { timeout: LIMIT_MS }, () => {
  expect(run(process.execPath)).toEqual([process.version, EXPECTED]);
});

describe.skipIf(!part('runtimes'))('other releases of Node', () => {
  test.each(MAJORS)('Node %i', { timeout: LIMIT_MS }, (major) => {
    const runtime = findRuntimes()?.find((each) => each.major === major);
    const [version, answers] = run(runtime?.executable ?? '');
    expect(version).toMatch(new RegExp(`^v${major}\\.`));
    expect(answers).toEqual(EXPECTED);
  });
});

describe.skipIf(!part('browser'))('Chromium', () => {
  let removeBrowser = async (): Promise<void> => {};
  beforeAll(async () => {
    removeBrowser = await setupBrowser();
  }, LIMIT_MS);
  afterAll(() => removeBrowser());

  test('a page of Chromium', { timeout: LIMIT_MS }, async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: script });
      type Replay = { answerQuestions: (questions: Questions) => Answers };
      const answer = (asked: Questions): Answers =>
        (globalThis as unknown as Replay).answerQuestions(asked);
      expect(await page.evaluate(answer, QUESTIONS)).toEqual(EXPECTED);
    } finally {
      await browser.close();
    }
  });
});
