/** Says loudly which optional parts were missing, and fails the run over them where everything is required. @module */
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { askedParts, missingLine, missingParts, type PartName } from './parts.ts';

interface Totals {
  passed: number;
  failed: number;
  skipped: TestCase[];
}

/** `KAPSEL_REQUIRE_ALL=1`: nothing may be missing or skipped. `KAPSEL_PLAIN_SUMMARY=1`: counts as the last line. */
// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by the default export of its file
export default class PartsReporter implements Reporter {
  readonly #requireAll = process.env.KAPSEL_REQUIRE_ALL === '1';
  readonly #plainSummary = process.env.KAPSEL_PLAIN_SUMMARY === '1';

  /** Runs before any test file is loaded: throwing here ends the run. */
  onInit(): void {
    if (!this.#requireAll) return;
    const lines = missingParts().map((name) => missingLine(name, null));
    if (lines.length > 0) {
      throw new Error(`KAPSEL_REQUIRE_ALL=1 and parts are missing.\n${lines.join('\n')}`);
    }
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const totals = totalsOf(modules, unhandledErrors.length);
    const lines = [...skippedByPart(totals.skipped)].map(([name, count]) =>
      missingLine(name, count),
    );
    if (this.#requireAll && totals.skipped.length > 0) {
      process.exitCode = 1;
      lines.push('FAILED: KAPSEL_REQUIRE_ALL=1 and these tests were skipped:');
      lines.push(
        ...totals.skipped.map((test) => `  ${test.module.relativeModuleId} > ${test.fullName}`),
      );
    }
    if (lines.length > 0) process.stdout.write(`\n${lines.join('\n')}\n`);
    if (this.#plainSummary) printLast(plainSummary(totals));
  }
}

function totalsOf(modules: readonly TestModule[], unhandled: number): Totals {
  const totals: Totals = { passed: 0, failed: unhandled, skipped: [] };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') totals.passed += 1;
      else if (state === 'skipped') totals.skipped.push(test);
      else failedHere += 1; // failed, or still pending because the run broke off
    }
    // A file that could not be loaded, or whose hooks failed, holds no failed test of its own.
    totals.failed += failedHere === 0 && !module.ok() ? 1 : failedHere;
  }
  return totals;
}

function skippedByPart(skipped: readonly TestCase[]): Map<PartName, number> {
  const missing = skipped.length === 0 ? [] : missingParts();
  const counts = new Map<PartName, number>();
  for (const test of skipped) {
    for (const name of askedParts(test.module.meta())) {
      if (missing.includes(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

function plainSummary({ passed, failed, skipped }: Totals): string {
  const tail = skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  return `${passed} passed, ${failed} failed${tail}`;
}

/** Waits for the exit, because global teardowns and other reporters may still write. */
function printLast(line: string): void {
  process.once('exit', () => process.stdout.write(`${line}\n`));
}
