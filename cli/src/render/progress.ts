/** One line of progress on a terminal's stderr, and nothing anywhere else. Source of truth: verifier-ux 2.5. @module */
import type { Host } from '../host.ts';

const FIRST_MS = 500;
const EVERY_MS = 100;
const CLEAR = '\r\u001b[K';

/** Owns the line; whoever writes to the same terminal clears it first. */
export class Progress {
  readonly #host: Host;
  readonly #isOn: boolean;
  #shownMs = 0;
  #isShown = false;

  constructor(host: Host, isWanted: boolean) {
    this.#host = host;
    this.#isOn = isWanted && host.stderr.isTty && host.env.TERM !== 'dumb';
  }

  /** Called after each proof; looks at the clock itself, so no timer keeps the program alive. */
  step(proofs: number, notVerified: number): void {
    if (!this.#isOn) return;
    const nowMs = this.#host.elapsedMs();
    if (nowMs < FIRST_MS || nowMs - this.#shownMs < EVERY_MS) return;
    this.#shownMs = nowMs;
    const rate = Math.round((proofs * 1000) / nowMs);
    this.#isShown = true;
    this.#host.stderr.write(
      `${CLEAR}${proofs} proofs checked, ${rate}/s, ${notVerified} not verified`,
    );
  }

  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#host.stderr.write(CLEAR);
  }
}
