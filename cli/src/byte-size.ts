/** Sizes as people type them: 500, 64KiB, 1MiB, 10GiB. Source of truth: verifier-ux 2.2. @module */
import { UsageError } from './usage-error.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Bytes; the option's name is for the message. */
export function parseByteSize(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d{0,14})([A-Za-z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const bytes = Number(digits) * (factor ?? Number.NaN);
  if (digits !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError('E_USAGE', `option '${option}' needs a size like 500, 64KiB, 1MiB or 10GiB`);
}

/** A count from 1. */
export function parseCount(text: string, option: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError('E_USAGE', `option '${option}' needs a number from 1`);
}
