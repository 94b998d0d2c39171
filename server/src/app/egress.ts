/** Where deliveries may go by the operator's settings, and the name of the shared log. @module */
import { isOrigin } from '@kapsel/verification';
import { type Config, ConfigError } from '../base/config.ts';
import { type Cidr, parseCidrList } from '../endpoints/destination-guard.ts';
import type { TlsVersion } from '../endpoints/tls-settings.ts';

export interface EgressRules {
  readonly allowHttp: boolean;
  readonly egressAllow: readonly Cidr[];
  readonly deniedPorts: readonly number[];
  readonly minTlsVersion: TlsVersion;
}

/** Throws a ConfigError with all that is wrong. */
export function rulesFromConfig({
  allowHttp,
  egressAllow,
  denyPorts: deniedPorts,
  minTlsVersion,
  logOrigin,
}: Config): EgressRules {
  const faults: string[] = [];
  const ranges: Cidr[] = [];
  for (const item of egressAllow) {
    try {
      ranges.push(...parseCidrList(item));
    } catch (error) {
      faults.push(`KAPSEL_EGRESS_ALLOW ${error instanceof Error ? error.message : 'is not valid'}`);
    }
  }
  // It stands in every leaf and checkpoint for ever: one that no verifier reads would spoil them all.
  if (logOrigin !== null && !isOrigin(logOrigin)) {
    faults.push(
      'KAPSEL_LOG_ORIGIN wants 1 to 255 printable ASCII characters without space, "+" and quotes',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { allowHttp, egressAllow: ranges, deniedPorts, minTlsVersion };
}
