/** The words and options of `kapsel-verify anchor`. Source of truth: verifier-ux 2.1, opentimestamps 5.3. @module */
import type { Command } from 'commander';
import type { RawHeaderOptions } from './anchor-evidence.ts';
import type { OnlineOptions } from './anchor-options.ts';
import type { Host } from './host.ts';
import { parseCommonOptions, type RawOptions } from './options.ts';
import { addCommonOptions, addHeaderOptions, addKeyOptions, collect } from './shared-options.ts';
import { UsageError } from './usage-error.ts';

interface RawAnchor extends RawOptions, RawHeaderOptions {
  readonly online?: true;
  readonly bitcoinRpc?: string;
  readonly esplora?: string[];
  readonly upgrade?: true;
  readonly calendar?: string[];
}

export function addAnchor(program: Command, host: Host, done: (exitCode: number) => void): void {
  const command = program
    .command('anchor')
    .description('check a proof, and that its tree head existed before a Bitcoin block')
    .argument(
      '<FILE...>',
      'packages, - is standard input; or FILE.ots beside the FILE that it stamps',
    );
  addHeaderOptions(addKeyOptions(command))
    .option('--online', 'allow connections to the addresses below, and to no others')
    .option('--bitcoin-rpc <URL>', 'JSON-RPC of your own node, with user and password')
    .option(
      '--esplora <URL>',
      'an explorer whose word you take (may be repeated: then they must agree)',
      collect,
    )
    .option('--upgrade', 'ask the calendars for the way into a block, and write it to the file')
    .option('--calendar <URL>', 'a calendar that may be asked too (may be repeated)', collect);
  addCommonOptions(command).action(async (files: string[], raw: RawAnchor) => {
    const { checkAnchors } = await import('./commands/anchor.ts');
    const common = parseCommonOptions(host, raw);
    const online = await parseOnline(raw);
    done(await checkAnchors(host, { ...common, files, headers: raw, online }));
  });
}

async function parseOnline(raw: RawAnchor): Promise<OnlineOptions | null> {
  const { bitcoinRpc, esplora = [], upgrade, calendar = [] } = raw;
  const wants = [
    ...(bitcoinRpc === undefined ? [] : ['--bitcoin-rpc']),
    ...(esplora.length === 0 ? [] : ['--esplora']),
    ...(upgrade === true ? ['--upgrade'] : []),
    ...(calendar.length === 0 ? [] : ['--calendar']),
  ];
  if (raw.online !== true) {
    if (wants.length === 0) return null;
    throw new UsageError('E_USAGE', `${wants[0]} opens connections: it needs --online`);
  }
  if (wants.length === 0) {
    throw new UsageError('E_USAGE', '--online needs --bitcoin-rpc, --esplora or --upgrade');
  }
  const { parseCalendar } = await import('./anchor-upgrade.ts');
  return {
    node: bitcoinRpc ?? null,
    explorers: esplora,
    isUpgrade: upgrade === true,
    calendars: calendar.map(parseCalendar),
  };
}
