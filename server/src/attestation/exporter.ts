/** Copies the tiles of all logs that may be seen to a sink, again and again. @module */
import type { LogId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import type { Log } from '../logs/log.ts';
import { listLogs } from '../logs/store.ts';
import { type ExportDeps, type Exported, exportLog } from './tile-export.ts';

export interface ExporterDeps extends ExportDeps {
  readonly intervalMs: number;
  /** Names of logs that are exported although they are not public. */
  readonly named: readonly string[];
  readonly onExported: (log: Log, exported: Exported) => void;
  readonly onError: (log: Log | null, error: unknown) => void;
}

export interface Exporter {
  stop(): Promise<void>;
}

/** Starts the loop. A log that cannot be copied does not keep the others from it. */
export function startExporter(deps: ExporterDeps): Exporter {
  const { pool, clock, intervalMs, named, onExported, onError } = deps;
  const checkpoints = new Map<LogId, string>();
  const loop = new Loop({
    clock,
    step: async (signal) => {
      for (const log of await listExportable(pool, named)) {
        if (signal.aborted) break;
        try {
          const exported = await exportLog(deps, log, checkpoints.get(log.id) ?? null);
          if (exported === null) continue;
          checkpoints.set(log.id, exported.checkpoint);
          onExported(log, exported);
        } catch (error) {
          // The sink may have lost what it had: ask it again at the next turn.
          checkpoints.delete(log.id);
          onError(log, error);
        }
      }
      return intervalMs;
    },
    onError: (error) => onError(null, error),
  });
  return { stop: () => loop.stop() };
}

/** Public logs, and those that the operator named. */
export async function listExportable(
  db: Parameters<typeof listLogs>[0],
  named: readonly string[],
): Promise<Log[]> {
  return (await listLogs(db)).filter(({ name, isPublic }) => isPublic || named.includes(name));
}
