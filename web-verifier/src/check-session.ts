/** The checker: reads what was given, checks it in slices, and remembers it for the next question. Knows no page and no thread. @module */
import type { Ask, Numbered, Progress, ReportAsk, Tell } from './check-protocol.ts';
import { findingFromHeads, itemsToCompare } from './compare-heads.ts';
import { type Finding, findingFromItem, type Result, resultFromFinding } from './finding.ts';
import { groundsOf, type Terms } from './grounds.ts';
import type { Item, RunLimits, Source } from './item.ts';
import { newTally, readItems } from './read-items.ts';
import { ReportFile } from './run-report.ts';
import { inputsIn } from './sources.ts';

/** The work between two breaths: a page stays responsive, a cancel is heard. */
const SLICE_MS = 12;
const PROGRESS_EVERY_MS = 50;

export interface CheckSessionDeps {
  readonly tell: (numbered: Numbered<Tell>) => void;
  /** Milliseconds of any steady clock. */
  readonly monotonicMs: () => number;
  /** Lets waiting messages through. */
  readonly breathe: () => Promise<void>;
  readonly limits: RunLimits;
}

/** One session a page. Asks may come at any time: a newer run ends an older one. */
export class CheckSession {
  readonly #deps: CheckSessionDeps;
  readonly #items: Item[] = [];
  /** Two heads and their proof, when the newest run found them; their result bears the number of the first. */
  #compared: readonly Item[] | null = null;
  #inputs = 0;
  #tally = newTally();
  #run = 0;
  #startedMs = 0;
  #elapsedMs = 0;
  #isCancelled = false;
  /** How many of the items the newest run has checked. */
  #checked = 0;

  constructor(deps: CheckSessionDeps) {
    this.#deps = deps;
  }

  /** Resolves when the ask is answered, or a newer run has taken its place. */
  async take({ run, message }: Numbered<Ask>): Promise<void> {
    switch (message.kind) {
      case 'check':
        this.#begin(run);
        this.#items.length = 0;
        return this.#readAndCheck(run, message.sources, message.terms);
      case 'judge':
        this.#begin(run);
        return this.#checkAll(run, message.terms);
      case 'show':
        return this.#show(run, message.id, message.terms);
      case 'report':
        return this.#report(run, message);
      case 'cancel':
        this.#isCancelled = true;
    }
  }

  #begin(run: number): void {
    this.#run = run;
    this.#startedMs = this.#deps.monotonicMs();
    this.#isCancelled = false;
  }

  async #readAndCheck(run: number, sources: readonly Source[], terms: Terms): Promise<void> {
    const tally = newTally();
    this.#inputs = inputsIn(sources);
    this.#tally = tally;
    const slice = this.#slice(run, 'reading', null);
    for await (const item of readItems(sources, tally, this.#deps.limits)) {
      if (!this.#goesOn(run)) break;
      this.#items.push(item);
      await slice.passed(this.#items.length);
    }
    await this.#checkAll(run, terms);
  }

  async #checkAll(run: number, terms: Terms): Promise<void> {
    const grounds = groundsOf(terms);
    const slice = this.#slice(run, 'checking', this.#items.length);
    let waiting: Result[] = [];
    let done = 0;
    const heads: Item[] = [];
    const proofs: Item[] = [];
    const withheld: Result[] = [];
    this.#compared = null;
    for (const item of this.#items) {
      if (!this.#goesOn(run)) break;
      const finding = findingFromItem(item, grounds);
      const kind = finding.other?.kind;
      if (kind === 'tree-head') heads.push(item);
      if (kind === 'consistency-proof') proofs.push(item);
      const isPart = kind === 'tree-head' || kind === 'consistency-proof';
      (isPart ? withheld : waiting).push(resultFromFinding(finding));
      done += 1;
      if (await slice.passed(done)) {
        this.#tell(run, { kind: 'results', results: waiting });
        waiting = [];
      }
    }
    if (run === this.#run) {
      this.#compared = itemsToCompare({ heads, proofs });
      this.#checked = done;
      this.#elapsedMs = this.#deps.monotonicMs() - this.#startedMs;
    }
    const together = this.#compared && [
      resultFromFinding(findingFromHeads(this.#compared, grounds)),
    ];
    this.#tell(run, { kind: 'results', results: [...waiting, ...(together ?? withheld)] });
    const { skippedFiles, isCut } = this.#tally;
    const end = { skippedFiles, isCut, isCancelled: this.#isCancelled };
    this.#tell(run, { kind: 'done', end });
  }

  async #show(run: number, id: number, terms: Terms): Promise<void> {
    const item = this.#items.find((each) => each.id === id);
    if (item === undefined) return;
    const grounds = groundsOf(terms);
    const isComparison = this.#compared !== null && this.#compared[0] === item;
    const finding: Finding = isComparison
      ? findingFromHeads(this.#compared ?? [], grounds)
      : findingFromItem(item, grounds);
    this.#tell(run, { kind: 'finding', finding });
  }

  async #report(run: number, ask: ReportAsk): Promise<void> {
    const file = new ReportFile(ask.tool, ask.terms);
    const left = new Set(ask.without);
    const items = this.#items.slice(0, this.#checked).filter(({ id }) => !left.has(id));
    const slice = this.#slice(run, null, null);
    for (const [index, item] of items.entries()) {
      if (run !== this.#run) return;
      file.add(item);
      await slice.passed(index + 1);
    }
    const { files, skippedFiles, isCut } = this.#tally;
    const [inputs, elapsedMs, isCancelled] = [this.#inputs, this.#elapsedMs, this.#isCancelled];
    const facts = { inputs, files, skippedFiles, elapsedMs, isCut, isCancelled };
    this.#tell(run, { kind: 'report', file: file.end(facts) });
  }

  #goesOn(run: number): boolean {
    return run === this.#run && !this.#isCancelled;
  }

  #tell(run: number, message: Tell): void {
    if (run === this.#run) this.#deps.tell({ run, message });
  }

  /** Takes a breath when a slice is over, and says how far a phase has come. Answers whether it breathed. */
  #slice(run: number, phase: Progress['phase'] | null, total: number | null) {
    const { monotonicMs, breathe } = this.#deps;
    let sliceEndsMs = monotonicMs() + SLICE_MS;
    let nextProgressMs = monotonicMs() + PROGRESS_EVERY_MS;
    return {
      passed: async (done: number): Promise<boolean> => {
        if (monotonicMs() < sliceEndsMs) return false;
        if (phase !== null && monotonicMs() >= nextProgressMs) {
          this.#tell(run, { kind: 'progress', progress: { phase, done, total } });
          nextProgressMs = monotonicMs() + PROGRESS_EVERY_MS;
        }
        await breathe();
        sliceEndsMs = monotonicMs() + SLICE_MS;
        return true;
      },
    };
  }
}
