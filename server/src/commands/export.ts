/** `kapsel-server export`: copies what is new of the public logs to a folder or a bucket, once, and ends. @module */
import { openConfiguredSink } from '../app/upkeep.ts';
import { listExportable } from '../attestation/exporter.ts';
import { exportLog } from '../attestation/tile-export.ts';
import { systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/config.ts';
import { systemRandom } from '../base/random.ts';
import { type Command, type CommandContext, type CommandInput, JSON_OPTION } from './command.ts';
import { openCommandPool } from './command-pool.ts';

export const exportCommand: Command = {
  words: 'export',
  help: 'copy the tiles and checkpoints of public logs to a folder or a bucket',
  options: {
    to: {
      value: 'URL',
      help: 'file:///folder or s3://bucket/prefix. Without it: KAPSEL_EXPORT_URL.',
    },
    json: JSON_OPTION,
  },
  run: runExport,
};

async function runExport(context: CommandContext, input: CommandInput): Promise<undefined> {
  const { config, print, note } = context;
  const deps = { config, clock: systemClock, random: systemRandom };
  const sink = openConfiguredSink(deps, input.text('to') ?? config.exportUrl);
  if (sink === null) throw new ConfigError(['KAPSEL_EXPORT_URL is not set, and there is no --to']);
  const { pool, close } = await openCommandPool(config, note);
  try {
    for (const log of await listExportable(pool, config.exportLogs)) {
      const exported = await exportLog({ pool, clock: systemClock, sink }, log, null);
      const answer = {
        log: log.name,
        tree_size: exported?.treeSize ?? null,
        tiles: exported?.tiles ?? 0,
      };
      if (input.flag('json')) print(JSON.stringify(answer));
      else if (exported === null) print(`log ${log.name}: has no tree head yet`);
      else
        print(`log ${log.name}: size ${exported.treeSize} exported, ${exported.tiles} new tiles`);
    }
  } finally {
    await close();
    await sink.close();
  }
  return undefined;
}
