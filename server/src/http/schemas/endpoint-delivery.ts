/** How long an endpoint is tried, and how it stands, as the API reads and writes it. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
  type EndpointState,
} from '../../endpoints/delivery-settings.ts';

/** Members of the body that makes an endpoint. 410 is missing on purpose: it disables the endpoint. */
export const DeliveryMembers = {
  max_delay_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 36_000 })),
  retry_statuses: Type.Optional(
    Type.Array(
      Type.Union([
        Type.Integer({ minimum: 400, maximum: 409 }),
        Type.Integer({ minimum: 411, maximum: 499 }),
      ]),
      { maxItems: 99, uniqueItems: true },
    ),
  ),
  disable_after_h: Type.Optional(Type.Integer({ minimum: 0, maximum: 8_760 })),
};

const Body = Type.Object(DeliveryMembers);

export function deliveryFromBody(body: Static<typeof Body>): DeliverySettings {
  const defaults = DEFAULT_DELIVERY_SETTINGS;
  return {
    maxDelayS: body.max_delay_s ?? defaults.maxDelayS,
    retryStatuses: body.retry_statuses ?? defaults.retryStatuses,
    disableAfterH: body.disable_after_h ?? defaults.disableAfterH,
  };
}

export interface DeliveryJson {
  readonly max_delay_s: number;
  readonly retry_statuses: readonly number[];
  readonly disable_after_h: number;
  readonly disabled: boolean;
  readonly disabled_at: string | null;
  readonly disabled_reason: string | null;
  readonly failing_since: string | null;
  readonly circuit: string;
}

export function encodeDeliveryJson(settings: DeliverySettings, state: EndpointState): DeliveryJson {
  const time = (ms: number | null): string | null => (ms === null ? null : timeFromMs(ms));
  return {
    max_delay_s: settings.maxDelayS,
    retry_statuses: settings.retryStatuses,
    disable_after_h: settings.disableAfterH,
    disabled: state.disabledAtMs !== null,
    disabled_at: time(state.disabledAtMs),
    disabled_reason: state.disabledReason,
    failing_since: time(state.failingSinceMs),
    circuit: state.circuit,
  };
}
