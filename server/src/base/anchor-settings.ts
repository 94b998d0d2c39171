/** Settings of the anchoring in the Bitcoin chain: off until calendars are named. @module */
import type { Secret } from './secret.ts';
import {
  list,
  optionalSecret,
  optionalText,
  type Setting,
  secretSetting,
  setting,
  whole,
} from './setting.ts';

export interface AnchorConfig {
  readonly anchorCalendars: readonly string[];
  readonly anchorIntervalMs: number;
  readonly anchorPollMs: number;
  readonly anchorBitcoinRpc: Secret | null;
  readonly anchorEsplora: readonly string[];
  readonly anchorHeadersFile: string | null;
  readonly anchorChainFile: string | null;
}

export const ANCHOR_SETTINGS: {
  readonly [K in keyof AnchorConfig]: Setting<AnchorConfig[K]>;
} = {
  anchorCalendars: setting(
    'KAPSEL_ANCHOR_CALENDARS',
    '',
    list,
    'OpenTimestamps calendars, comma separated, at least two: https://host, and after a space further addresses that its answers may name. Without them nothing is anchored.',
  ),
  anchorIntervalMs: setting(
    'KAPSEL_ANCHOR_INTERVAL_MS',
    '3600000',
    whole(100, 604_800_000),
    'How often the newest head of a log that has grown is stamped; at least 600000 with public calendars.',
  ),
  anchorPollMs: setting(
    'KAPSEL_ANCHOR_POLL_MS',
    '600000',
    whole(100, 3_600_000),
    'How often a calendar is asked for the path of one anchor in the first twelve hours; at least 60000 but on loopback.',
  ),
  anchorBitcoinRpc: secretSetting(
    'KAPSEL_ANCHOR_BITCOIN_RPC',
    optionalSecret,
    'Bitcoin Core that block headers are asked from: http://user:password@host:port.',
  ),
  anchorEsplora: setting(
    'KAPSEL_ANCHOR_ESPLORA',
    '',
    list,
    'Explorers that speak the Esplora API (comma separated), trusted for block headers where no node is: https://host/api. Several must agree.',
  ),
  anchorHeadersFile: setting(
    'KAPSEL_ANCHOR_HEADERS_FILE',
    '',
    optionalText,
    'File of linked 80-byte block headers that is asked first: FILE@HEIGHT of its first.',
  ),
  anchorChainFile: setting(
    'KAPSEL_ANCHOR_CHAIN_FILE',
    '',
    optionalText,
    'Parameters of another chain than Bitcoin’s main one, for tests.',
  ),
};
