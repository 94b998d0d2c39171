/** The files through which a step hands values and its summary to the runner. Source of truth: verifier-ux 3.1. @module */
import { appendFile } from 'node:fs/promises';
import { reasonOfSystemError } from '../source.ts';
import { UsageError } from '../usage-error.ts';

/** The text that sets these outputs; no value can end its own block, as nobody knows the delimiter before. */
export function outputsText(
  values: Readonly<Record<string, string | number>>,
  delimiter: string,
): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
    .join('');
}

/** Appends to a file of the runner; without one, outside a runner, there is nobody to tell. */
export async function tellRunner(path: string | undefined, text: string): Promise<void> {
  if (path === undefined || path === '') return;
  try {
    await appendFile(path, text);
  } catch (error) {
    const reason = reasonOfSystemError(error);
    throw new UsageError('E_IO', `cannot write the file of the runner: ${reason}`);
  }
}
