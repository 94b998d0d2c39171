/** Delivery settings of an endpoint: how long it is tried, and when it is given up. @module */
import type { DisabledReason } from './state-store.ts';

export interface DeliverySettings {
  /** The longest wait of our own schedule; a destination may ask for more. */
  readonly maxDelayS: number;
  /** Statuses that are tried again although they are final elsewhere. */
  readonly retryStatuses: readonly number[];
  /** Hours without a success after which it is disabled; 0: never. */
  readonly disableAfterH: number;
  /** So many deliveries a second it takes of one server, and as many at once; null is no limit. */
  readonly maxPerS: number | null;
}

export const DEFAULT_DELIVERY_SETTINGS: DeliverySettings = {
  maxDelayS: 512,
  retryStatuses: [],
  disableAfterH: 120,
  maxPerS: null,
};

/** Whether an endpoint takes deliveries, as the server has found it. */
export interface EndpointState {
  readonly disabledAtMs: number | null;
  readonly disabledReason: DisabledReason | null;
  /** Since when no delivery has succeeded. */
  readonly failingSinceMs: number | null;
  readonly circuit: 'closed' | 'open' | 'half_open';
  /** When an open circuit is probed. */
  readonly probeAtMs: number | null;
}

export const NEW_STATE: EndpointState = {
  disabledAtMs: null,
  disabledReason: null,
  failingSinceMs: null,
  circuit: 'closed',
  probeAtMs: null,
};
