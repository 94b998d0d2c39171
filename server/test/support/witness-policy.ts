/** Policies over the tests' own witnesses. @module */
import { parseWitnessPolicy } from '@kapsel/verification';
import type { AskedWitness } from '../../src/witnesses/cosign.ts';
import { type Witnessing, witnessingFromPolicy } from '../../src/witnesses/policy.ts';
import type { TestWitness } from './witness.ts';

/** The text of a policy that wants `quorum` of these witnesses, named `w0`, `w1`, and so on. */
export function policyText(witnesses: readonly TestWitness[], quorum: number): string {
  const lines = witnesses.map(({ vkey, url }, i) => `witness w${i} ${vkey} ${url}\n`);
  const names = witnesses.map((_, i) => `w${i}`).join(' ');
  return `${lines.join('')}group enough ${quorum} ${names}\nquorum enough\n`;
}

export function witnessingOf(witnesses: readonly TestWitness[], quorum: number): Witnessing {
  return witnessingFromPolicy(parseWitnessPolicy(policyText(witnesses, quorum)));
}

export function askedOf(witness: TestWitness): AskedWitness {
  const [asked] = witnessingOf([witness], 1).witnesses;
  if (asked === undefined) throw new TypeError('no witness');
  return asked;
}
