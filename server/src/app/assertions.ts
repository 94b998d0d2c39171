/** What must hold before a server starts: settings that only the rooms understand, and what the database promises. @module */
import { type Config, ConfigError } from '../base/config.ts';
import { findDurabilityFaults } from '../db/ping.ts';
import { type Pools, poolOptions } from '../db/pools.ts';
import { findWallFaults } from '../db/walls.ts';
import { assertKeySettings } from '../keys/key-settings.ts';
import { planAnchors } from './anchoring.ts';
import { rulesFromConfig } from './egress.ts';
import { assertHeadPlaceSettings } from './head-place.ts';
import { assertWitnessSettings } from './publishing.ts';
import { assertRateSettings } from './rating.ts';
import { assertExportSettings } from './upkeep.ts';

const ASSERTIONS: readonly ((config: Config) => unknown)[] = [
  rulesFromConfig,
  assertKeySettings,
  assertExportSettings,
  assertHeadPlaceSettings,
  assertRateSettings,
  assertWitnessSettings,
  planAnchors,
];

/** Settings that only the rooms understand: throws one ConfigError with all that is wrong. Makes and connects nothing. */
export async function assertSettings(config: Config): Promise<void> {
  const faults: string[] = [];
  for (const assert of ASSERTIONS) {
    try {
      await assert(config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  }
  // Two of them may ask for the same credentials.
  if (faults.length > 0) throw new ConfigError([...new Set(faults)]);
}

/** A database that may forget what it committed is refused, unless the operator insists. */
export async function assertDurable(config: Config, pools: Pools): Promise<void> {
  if (config.unsafeDurability) return;
  const faults = await findDurabilityFaults(pools.ingest);
  if (faults.length === 0) return;
  throw new ConfigError([
    `the database has ${faults.join(' and ')}: an accepted event could be lost (KAPSEL_UNSAFE_DURABILITY=1 starts all the same)`,
  ]);
}

/** Tenants are held apart by the database too, or the server does not start. */
export async function assertWalls(config: Config, pools: Pools): Promise<void> {
  const faults = await findWallFaults(pools, poolOptions(config).takesRoles);
  if (faults.length > 0) throw new ConfigError(faults);
}
