/** `kapsel-verify consistency`: does the later tree head continue the earlier one? Source of truth: verifier-ux 2.9. @module */
import { EXIT_INTERRUPTED, exitCodeFromVerdict, verifyHeadConsistency } from '@kapsel/verification';
import type { Host } from '../host.ts';
import { withoutKey } from '../key-words.ts';
import { type CommonOptions, tellLines } from '../options.ts';
import { readPinnedKeys, trustFromPinnedKeys } from '../pinned-keys.ts';
import { consistencyLines } from '../render/consistency.ts';
import { assertStdinOnce, labelOfInput, readSource } from '../source.ts';
import { UsageError } from '../usage-error.ts';

export interface ConsistencyOptions extends CommonOptions {
  /** Files with a head or a proof package; which head is the older one is told by their times. */
  readonly older: string;
  readonly newer: string;
  readonly proof: string | null;
}

// As for packages: two heads are far smaller.
const INPUT_LIMIT_BYTES = 1_048_576;

/** Returns the exit code. An input that cannot be read ends the run: half a comparison is none. */
export async function checkConsistency(host: Host, options: ConsistencyOptions): Promise<number> {
  const { older, newer, proof } = options;
  const files = proof === null ? [older, newer] : [older, newer, proof];
  assertStdinOnce([...files, ...options.publicKeys, ...options.trustFiles]);
  const keys = await readPinnedKeys(host, options);
  const inputs: (Uint8Array | undefined)[] = [];
  for (const file of files) {
    const bytes = await readInput(host, file);
    if (bytes === null) return EXIT_INTERRUPTED;
    inputs.push(bytes);
  }
  const [oldBytes, newBytes, proofBytes] = inputs;
  const report = verifyHeadConsistency(
    oldBytes ?? '',
    newBytes ?? '',
    proofBytes ?? null,
    trustFromPinnedKeys(keys),
    { nowMs: options.nowMs },
  );
  if (options.look.amount !== 'problems' || report.verdict !== 'verified') {
    tellLines(host, options.look, consistencyLines(report, options.look));
  }
  return exitCodeFromVerdict(report.verdict);
}

/** Null when the run was stopped. */
async function readInput(host: Host, name: string): Promise<Uint8Array | null> {
  const source = await readSource(host, name, INPUT_LIMIT_BYTES);
  const label = withoutKey(labelOfInput(name));
  switch (source.kind) {
    case 'bytes':
      return source.bytes;
    case 'stopped':
      return null;
    case 'too-large':
      throw new UsageError('E_TOO_LARGE', `${label} is larger than ${source.limitBytes} bytes`);
    case 'unreadable':
      throw new UsageError('E_IO', `cannot read ${label}: ${source.reason}`);
  }
}
