/** Contradiction: one place where the tables of a log disagree with each other, or with a signature. @module */

export interface Contradiction {
  /** Name of the log. */
  readonly log: string;
  /** Table and column that do not fit; which of two that disagree was changed, nobody can tell. */
  readonly where: string;
  /** Leaf index, tile, tree size or id. */
  readonly at: string;
  readonly want: string;
  readonly got: string;
}

/** What the pure checks find: the log is known to whoever asked them. */
export type Finding = Omit<Contradiction, 'log'>;

/** One line for people. Values are hashes, sizes, times and codes, never a payload or a URL. */
export function describeContradiction({ log, where, at, want, got }: Contradiction): string {
  return `${where} of log ${log} at ${at}: want ${want}, got ${got}`;
}

/** How many findings of one column are reported one by one; one wrong origin is one fault, not a million. */
const MOST_PER_COLUMN = 20;

/** Takes findings, passes on the first of each column, and counts all. */
export class Findings {
  readonly #log: string;
  readonly #report: (contradiction: Contradiction) => void;
  readonly #counts = new Map<string, number>();

  constructor(log: string, report: (contradiction: Contradiction) => void) {
    this.#log = log;
    this.#report = report;
  }

  add(finding: Finding): void {
    const count = (this.#counts.get(finding.where) ?? 0) + 1;
    this.#counts.set(finding.where, count);
    if (count <= MOST_PER_COLUMN) this.#report({ log: this.#log, ...finding });
  }

  addAll(findings: readonly Finding[]): void {
    for (const finding of findings) this.add(finding);
  }

  get count(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }
}
