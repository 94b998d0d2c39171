/** Parts of an attempt that somebody may want to time: resolving, connecting, TLS, and waiting for the answer's first byte. @module */

export type PhaseName = 'dns' | 'connect' | 'tls' | 'ttfb';

/** Called when a part begins; what it answers is called once, when that part is over, however it went. Never throws. */
export type OnPhase = (name: PhaseName) => () => void;

export async function during<T>(
  onPhase: OnPhase | undefined,
  name: PhaseName,
  work: Promise<T>,
): Promise<T> {
  const end = onPhase?.(name);
  try {
    return await work;
  } finally {
    end?.();
  }
}
