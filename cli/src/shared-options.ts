/** Options that several commands have. Source of truth: verifier-ux 2.2. @module */
import { type Command, Option } from 'commander';

/** Which keys are trusted. */
export function addKeyOptions(command: Command): Command {
  return command
    .option(
      '--public-key <KEY>',
      "the log's key: hex, base64, PEM, JWK, C2SP verifier key or @FILE (may be repeated)",
      collect,
    )
    .option('--trust <FILE>', 'a trust file with named keys (may be repeated)', collect);
}

/** What is known of Bitcoin blocks. */
export function addHeaderOptions(command: Command): Command {
  return command
    .option(
      '--header <H:ROOT>',
      'a Bitcoin block for anchors: its height, and its Merkle root or its header in hex (may be repeated)',
      collect,
    )
    .option(
      '--headers <FILE>',
      'consecutive block headers, 80 bytes or a line of hex each; FILE@HEIGHT says where they start (may be repeated)',
      collect,
    )
    .option('--chain <FILE>', 'the parameters of another chain of blocks than the main one');
}

/** How much is told, and how it looks. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('-q, --quiet', 'print only what is not verified, and the summary of several')
    .option('-s, --silent', 'print nothing; the exit code tells')
    .option(
      '-v, --verbose',
      'print key, position, head and all checks; twice: how long it took',
      (_value: string, earlier: number | undefined) => (earlier ?? 0) + 1,
    )
    .option('--now <TIME>', 'check as if it were TIME, for example 2026-01-15T10:30:45Z')
    .addOption(
      new Option('--color <when>', 'colour the verdict').choices(['auto', 'always', 'never']),
    )
    .option('--no-color', 'same as --color=never')
    .option('--ascii', 'print ASCII characters only');
}

/** The values of an option that may be repeated. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
