/** The commands beside checking: each one's words, and where its code is loaded from when it is asked for. Source of truth: verifier-ux 2.1. @module */
import { type Command, Option } from 'commander';
import { addAnchor } from './anchor-command.ts';
import { parseByteSize, parseCount } from './byte-size.ts';
import { parseDuration } from './duration.ts';
import type { Host } from './host.ts';
import { DEFAULT_LIMITS, type Limits } from './inputs/item.ts';
import { parseCommonOptions, type RawOptions } from './options.ts';
import { addCommonOptions, addKeyOptions } from './shared-options.ts';
import { UsageError } from './usage-error.ts';

type Done = (exitCode: number) => void;

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
type Shell = (typeof SHELLS)[number];

/** All commands but checking itself, `version` and `help`. */
export function addFurtherCommands(program: Command, host: Host, done: Done): void {
  addInspect(program, host, done);
  addConsistency(program, host, done);
  addAnchor(program, host, done);
  addBundle(program, host, done);
  addWatch(program, host, done);
  addKeys(program, host, done);
  const selftest = program
    .command('selftest')
    .description('check that this program verifies a good proof and refuses altered ones');
  addCommonOptions(selftest).action(async (raw: RawOptions) => {
    const { selftest: run } = await import('./commands/selftest.ts');
    done(run(host, parseCommonOptions(host, raw).look));
  });
  program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<SHELL>', SHELLS.join(', '))
    .action(async (shell: string) => {
      const known = SHELLS.find((candidate): candidate is Shell => candidate === shell);
      if (known === undefined) {
        throw new UsageError('E_USAGE', `completion knows the shells ${SHELLS.join(', ')}`);
      }
      const { completionScript } = await import('./commands/completion.ts');
      host.stdout.write(completionScript(program, known));
    });
}

function addInspect(program: Command, host: Host, done: Done): void {
  const command = program
    .command('inspect')
    .description('print what is in a proof package, without checking anything')
    .argument('<FILE...>', 'packages; - is standard input');
  addLimitOptions(addCommonOptions(command)).action(
    async (files: string[], raw: RawOptions & RawLimits) => {
      const { inspectInputs } = await import('./commands/inspect.ts');
      const { look } = parseCommonOptions(host, raw);
      done(await inspectInputs(host, files, limitsOf(raw), look));
    },
  );
}

function addConsistency(program: Command, host: Host, done: Done): void {
  const command = program
    .command('consistency')
    .description('check that a newer tree head continues an older one')
    .argument('<OLD>', 'the older tree head, as /attestation/sth gives it')
    .argument('<NEW>', 'the newer tree head')
    .option('--proof <FILE>', 'the consistency proof; needed when the sizes differ');
  addCommonOptions(addKeyOptions(command)).action(
    async (older: string, newer: string, raw: RawOptions & { proof?: string }) => {
      const { checkConsistency } = await import('./commands/consistency.ts');
      const options = parseCommonOptions(host, raw);
      done(await checkConsistency(host, { ...options, older, newer, proof: raw.proof ?? null }));
    },
  );
}

function addBundle(program: Command, host: Host, done: Done): void {
  const command = program
    .command('bundle')
    .description('pack OUT FILE... into one .zip or .ndjson; list FILE...; split FOLDER FILE...')
    .argument('<ACTION>', 'pack, list or split')
    .argument('<WORDS...>', 'what is written to, then what is read; packages are not checked');
  addLimitOptions(addCommonOptions(command)).action(
    async (action: string, words: string[], raw: RawOptions & RawLimits) => {
      const { packBundle, listBundle, splitBundle } = await import('./commands/bundle.ts');
      const { look } = parseCommonOptions(host, raw);
      const limits = limitsOf(raw);
      if (action === 'list') return done(await listBundle(host, words, limits, look));
      const [target = '', ...files] = words;
      if (!['pack', 'split'].includes(action) || files.length === 0) {
        throw new UsageError(
          'E_USAGE',
          'bundle needs pack OUT FILE..., list FILE... or split FOLDER FILE...',
        );
      }
      const run = action === 'pack' ? packBundle : splitBundle;
      done(await run(host, target, files, limits, look));
    },
  );
}

interface RawWatch extends RawOptions {
  readonly log?: string;
  readonly state?: string;
  readonly evidence?: string;
  readonly interval?: string;
  readonly maxHeadAge?: string;
  readonly once?: true;
}

function addWatch(program: Command, host: Host, done: Done): void {
  const command = program
    .command('watch')
    .description('ask a log for its heads again and again, and check that each continues the last')
    .argument('<URL>', 'the address of the server; this opens connections')
    .option('--log <NAME>', 'which of its logs')
    .option('--state <FILE>', 'where the heads seen so far are kept')
    .option('--evidence <DIR>', 'where an archive is written when heads contradict each other')
    .option('--interval <TIME>', 'how long to wait between looks (60s)')
    .option('--max-head-age <TIME>', 'warn of a head that is older')
    .option('--once', 'look once and end, for cron');
  addCommonOptions(addKeyOptions(command)).action(async (url: string, raw: RawWatch) => {
    const { watchLog } = await import('./commands/watch.ts');
    done(
      await watchLog(host, {
        ...parseCommonOptions(host, raw),
        url,
        logName: raw.log ?? null,
        stateFile: raw.state ?? null,
        evidenceFolder: raw.evidence ?? '.',
        intervalMs: durationOf(raw.interval ?? '60s', '--interval'),
        maxHeadAgeMs:
          raw.maxHeadAge === undefined ? null : durationOf(raw.maxHeadAge, '--max-head-age'),
        isOnce: raw.once === true,
      }),
    );
  });
}

interface RawKeys extends RawOptions {
  readonly kind?: string;
  readonly log?: string;
  readonly from?: string;
  readonly until?: string;
}

function addKeys(program: Command, host: Host, done: Done): void {
  const command = program
    .command('keys')
    .description('list, add NAME KEY, show NAME or remove NAME: the keys in your trust file')
    .argument('<ACTION>', 'list, add, show or remove')
    .argument('[NAME]', 'how you call the key')
    .argument('[KEY]', 'the public key in any form, or @FILE')
    .option('--trust <FILE>', 'the trust file to work on', (value: string) => [value])
    .option('--kind <kind>', 'log, receipt or witness (log)')
    .option('--log <ORIGIN>', 'the only log the key is for')
    .option('--from <TIME>', 'the first moment at which the key signed')
    .option('--until <TIME>', 'the first moment at which it no longer signed');
  addCommonOptions(command).action(
    async (action: string, name: string | undefined, key: string | undefined, raw: RawKeys) => {
      const { listKeys, addKey, showKey, removeKey } = await import('./commands/keys.ts');
      const { look, trustFiles } = parseCommonOptions(host, raw);
      const options = { look, trustFiles };
      if (action === 'list' && name === undefined) return done(await listKeys(host, options));
      if (action === 'add' && name !== undefined && key !== undefined) {
        const { kind = 'log', log, from, until } = raw;
        const more = {
          ...(log === undefined ? {} : { log }),
          ...(from === undefined ? {} : { from }),
          ...(until === undefined ? {} : { until }),
        };
        return done(await addKey(host, { name, key, kind, ...more }, options));
      }
      const isOfOne = name !== undefined && key === undefined;
      if (action === 'show' && isOfOne) return done(await showKey(host, name, options));
      if (action === 'remove' && isOfOne) return done(await removeKey(host, name, options));
      throw new UsageError('E_USAGE', 'keys needs list, add NAME KEY, show NAME or remove NAME');
    },
  );
}

interface RawLimits {
  readonly maxFiles?: string;
  readonly maxTotal?: string;
}

function addLimitOptions(command: Command): Command {
  return command
    .addOption(new Option('--max-files <N>', 'at most so many files (100000)'))
    .addOption(new Option('--max-total <SIZE>', 'at most so many bytes of packages (1GiB)'));
}

function limitsOf({ maxFiles, maxTotal }: RawLimits): Limits {
  const { maxFiles: files, maxTotalBytes: total, maxSizeBytes } = DEFAULT_LIMITS;
  return {
    maxSizeBytes,
    maxFiles: maxFiles === undefined ? files : parseCount(maxFiles, '--max-files'),
    maxTotalBytes: maxTotal === undefined ? total : parseByteSize(maxTotal, '--max-total'),
  };
}

function durationOf(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new UsageError('E_USAGE', `option '${option}' needs a time like 30s, 5m, 12h or 90d`);
}
