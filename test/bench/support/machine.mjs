// @ts-check
/** Where a figure was measured: a figure without its machine says nothing. @module */
import { cpus, totalmem } from 'node:os';

const GIB = 2 ** 30;

/**
 * @param {string | null} [postgres] The server's version, where the bench uses one.
 * @returns {{ cpus: number, model: string, memGiB: number, node: string, postgres: string | null }}
 */
export function describeMachine(postgres = null) {
  const cores = cpus();
  return {
    cpus: cores.length,
    model: cores[0]?.model.trim() ?? 'unknown',
    memGiB: Math.round(totalmem() / GIB),
    node: process.version,
    postgres,
  };
}
