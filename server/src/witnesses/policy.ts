/** The operator's witnesses: a policy file, checked for what a server needs of it. C2SP tlog-policy. @module */
import { readFile } from 'node:fs/promises';
import { parseWitnessPolicy, VerificationError, type WitnessPolicy } from '@kapsel/verification';
import type { Log } from '../logs/log.ts';
import type { AskedWitness } from './cosign.ts';

/** Which witnesses are asked, and for which logs. */
export interface Witnessing {
  readonly policy: WitnessPolicy;
  readonly witnesses: readonly AskedWitness[];
}

/** A policy file that cannot be used; the message names the file, the line and what is wanted. */
export class WitnessPolicyError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'WitnessPolicyError';
  }
}

const MAX_WITNESSES = 64; // a note holds 100 lines, and readers need accept no more than 16 at once

/** Reads and checks the file. Throws WitnessPolicyError. */
export async function readWitnessPolicy(path: string): Promise<Witnessing> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new WitnessPolicyError(`${path} cannot be read as text`, { cause });
  }
  try {
    return witnessingFromPolicy(parseWitnessPolicy(text));
  } catch (cause) {
    if (cause instanceof WitnessPolicyError) {
      throw new WitnessPolicyError(`${path}: ${cause.message}`, { cause });
    }
    if (!(cause instanceof VerificationError)) throw cause;
    const { field = 'the policy', expected = 'a policy', actual = 'another text' } = cause;
    throw new WitnessPolicyError(`${path}: ${field}: want ${expected}, got ${actual}`, { cause });
  }
}

/** What a server wants beyond the format: each witness has an address, and their lines fit under one note. */
export function witnessingFromPolicy(policy: WitnessPolicy): Witnessing {
  if (policy.witnesses.length === 0) throw new WitnessPolicyError('names no witness');
  if (policy.witnesses.length > MAX_WITNESSES) {
    throw new WitnessPolicyError(`names more than ${MAX_WITNESSES} witnesses`);
  }
  return {
    policy,
    witnesses: policy.witnesses.map((witness) => ({ ...witness, url: addressOf(witness) })),
  };
}

/**
 * Whether heads of this log are sent out. With `log` lines in the policy: those named there. Without: the public ones,
 * since a head tells others that a log exists and how it grows.
 */
export function isWitnessed({ policy }: Witnessing, log: Log): boolean {
  if (policy.logs.length === 0) return log.isPublic;
  return policy.logs.some(({ name }) => name === log.origin);
}

/** The prefix of all requests, without a slash at its end. */
function addressOf({ name, url }: { name: string; url: string | null }): string {
  if (url === null) throw new WitnessPolicyError(`witness ${name} has no URL to send heads to`);
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isGood =
    parsed !== null &&
    /^https?:$/.test(parsed.protocol) &&
    parsed.username === '' &&
    parsed.password === '' &&
    parsed.search === '' &&
    parsed.hash === '';
  if (!isGood) {
    throw new WitnessPolicyError(
      `witness ${name} wants an http or https URL without credentials, query and fragment`,
    );
  }
  return parsed.href.replace(/\/+$/, '');
}
