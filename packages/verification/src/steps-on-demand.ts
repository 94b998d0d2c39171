/** The steps of a report, made when they are first read: few readers do, and making them is a tenth of the time. @module */
import type { Step } from './report.ts';

const MAKE = Symbol(); // neither copied, nor compared, nor written to JSON

interface Unread {
  readonly [MAKE]: () => readonly Step[];
}

// One getter for all reports: with one of its own each report has a hidden class of its own, and lives on beside it.
const STEPS: PropertyDescriptor & ThisType<Unread> = {
  enumerable: true,
  configurable: true,
  get(): readonly Step[] {
    const value = this[MAKE]();
    Object.defineProperty(this, 'steps', { value, enumerable: true });
    return value;
  },
};

/** Adds the member `steps`. It is copied, compared and written to JSON like any other. */
export function withSteps<Facts extends object>(
  facts: Facts,
  make: () => readonly Step[],
): Facts & { readonly steps: readonly Step[] } {
  Object.defineProperty(facts, MAKE, { value: make });
  return Object.defineProperty(facts, 'steps', STEPS) as Facts & {
    readonly steps: readonly Step[];
  };
}
