/** TLS settings of an endpoint: the oldest version it is spoken to with, and who we are to it. RFC 8446. @module */
import type { ClientIdentity } from './client-identity.ts';

/** As the API and the settings write them. */
export const TLS_VERSIONS = ['1.2', '1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

export interface TlsSettings {
  /** Names the whole of the settings: connections are shared only where it is the same. */
  readonly id: string;
  readonly minVersion: TlsVersion;
  readonly identity: ClientIdentity | null;
}

const WITHOUT_IDENTITY: Readonly<Record<TlsVersion, TlsSettings>> = {
  '1.2': { id: '1.2', minVersion: '1.2', identity: null },
  '1.3': { id: '1.3', minVersion: '1.3', identity: null },
};

/** For destinations that ask for nothing. */
export const DEFAULT_TLS: TlsSettings = WITHOUT_IDENTITY['1.2'];

/** `identityId` must be another for each endpoint and each identity: who is shown to whom is never mixed up. */
export function tlsSettings(
  minVersion: TlsVersion,
  identity: ClientIdentity | null,
  identityId: string,
): TlsSettings {
  if (identity === null) return WITHOUT_IDENTITY[minVersion];
  return { id: `${minVersion}/${identityId}`, minVersion, identity };
}

export function isTlsVersion(text: string): text is TlsVersion {
  return (TLS_VERSIONS as readonly string[]).includes(text);
}
