/** TLS contexts: made once for each TLS settings, with the authorities and the oldest version of this server. RFC 8446. @module */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsSettings, TlsVersion } from '../endpoints/tls-settings.ts';

export interface TlsDefaults {
  /** Certificates (PEM) that are trusted in place of the well-known authorities. */
  readonly ca?: string | undefined;
  /** Nothing older is spoken with anybody; endpoints may ask for more. */
  readonly minTlsVersion?: TlsVersion | undefined;
}

/** Null for an identity that the TLS library does not take. */
export type TlsContexts = (tls: TlsSettings) => SecureContext | null;

export function createTlsContexts({ ca, minTlsVersion = '1.2' }: TlsDefaults): TlsContexts {
  /** As long-lived as the settings they were made from. */
  const made = new WeakMap<TlsSettings, SecureContext>();
  return function contextOf(tls) {
    const known = made.get(tls);
    if (known !== undefined) return known;
    const isNewer = tls.minVersion === '1.3' || minTlsVersion === '1.3';
    const { identity } = tls;
    try {
      const context = createSecureContext({
        ca,
        minVersion: isNewer ? 'TLSv1.3' : 'TLSv1.2',
        ...(identity === null ? {} : { cert: identity.certificate, key: identity.privateKey }),
      });
      made.set(tls, context);
      return context;
    } catch {
      // Its words could quote a key. Whoever stored the identity had it checked by the same library.
      return null;
    }
  };
}
