/** What `kapsel-verify anchor` was asked for, as values. Source of truth: verifier-ux 2.1. @module */
import type { RawHeaderOptions } from './anchor-evidence.ts';
import type { HeaderSources } from './header-sources.ts';
import type { CommonOptions } from './options.ts';

export interface AnchorOptions extends CommonOptions {
  readonly files: readonly string[];
  readonly headers: RawHeaderOptions;
  /** Null: no connection is opened. */
  readonly online: OnlineOptions | null;
}

export interface OnlineOptions extends HeaderSources {
  readonly isUpgrade: boolean;
  /** Calendars that may be asked beside the known ones. */
  readonly calendars: readonly string[];
}
