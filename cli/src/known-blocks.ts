/** What is known of blocks in a run: what the user gave, and what was asked of nodes and explorers, each block once. Source of truth: opentimestamps 5.3. @module */
import type { AnchorEvidence, HeaderEvidence } from '@kapsel/verification';
import { askHeaders, type HeaderSources } from './header-sources.ts';
import type { Host } from './host.ts';

// A proof may name thousands of blocks: whoever made it shall not decide how much is asked.
const MAX_HEIGHTS = 16;

/** Owns the answers. */
export class KnownBlocks {
  readonly #host: Host;
  readonly #given: AnchorEvidence;
  readonly #online: HeaderSources | null;
  readonly #asked = new Map<number, readonly HeaderEvidence[]>();
  #failures: string[] = [];

  constructor(host: Host, given: AnchorEvidence, online: HeaderSources | null) {
    this.#host = host;
    this.#given = given;
    this.#online = online;
  }

  async evidenceOf(heights: readonly number[]): Promise<AnchorEvidence> {
    const online = this.#online;
    if (online === null) return this.#given;
    const { chain, headers } = this.#given;
    const wanted = heights.slice(0, MAX_HEIGHTS);
    for (const height of wanted.filter((each) => !this.#asked.has(each))) {
      const answer = await askHeaders(this.#host, online, [height], chain);
      this.#asked.set(height, answer.headers);
      this.#failures.push(...answer.failures);
    }
    const asked = wanted.flatMap((height) => this.#asked.get(height) ?? []);
    return { chain, headers: [...headers, ...asked] };
  }

  /** Why sources gave nothing, since the last call. */
  takeFailures(): readonly string[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }
}
