/** How long an endpoint is tried, and how it stands, as the API reads and writes it. @module */
import { type Static, Type } from 'typebox';
import { timeFromMs } from '../../base/clock.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
  type EndpointState,
} from '../../endpoints/delivery-settings.ts';
import { nullable, Time } from './values.ts';

/** Members of the body that makes an endpoint. 410 is missing on purpose: it disables the endpoint. */
export const DeliveryMembers = {
  max_delay_s: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 36_000,
      description: 'The longest wait between two attempts; else 512.',
      examples: [512],
    }),
  ),
  retry_statuses: Type.Optional(
    Type.Array(
      Type.Union([
        Type.Integer({ minimum: 400, maximum: 409 }),
        Type.Integer({ minimum: 411, maximum: 499 }),
      ]),
      {
        maxItems: 99,
        uniqueItems: true,
        description: 'Statuses that are tried again although they are final elsewhere.',
        examples: [[404]],
      },
    ),
  ),
  disable_after_h: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 8_760,
      description: 'Hours without a success after which it is disabled; else 120; 0: never.',
      examples: [120],
    }),
  ),
  max_per_s: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'So many deliveries a second at most, and as many at once; null: no limit.',
        examples: [50],
      }),
    ),
  ),
};

const Body = Type.Object(DeliveryMembers);

export function deliveryFromBody(body: Static<typeof Body>): DeliverySettings {
  const defaults = DEFAULT_DELIVERY_SETTINGS;
  return {
    maxDelayS: body.max_delay_s ?? defaults.maxDelayS,
    retryStatuses: body.retry_statuses ?? defaults.retryStatuses,
    disableAfterH: body.disable_after_h ?? defaults.disableAfterH,
    maxPerS: body.max_per_s ?? defaults.maxPerS,
  };
}

/** Members of an endpoint as it is shown. */
export const DELIVERY_ANSWER = {
  max_delay_s: Type.Integer({ examples: [512] }),
  retry_statuses: Type.Array(Type.Integer({ examples: [404] })),
  disable_after_h: Type.Integer({ examples: [120] }),
  max_per_s: nullable(Type.Integer({ examples: [50] })),
  disabled: Type.Boolean({ examples: [false] }),
  disabled_at: nullable(Time),
  disabled_reason: nullable(Type.Enum(['gone', 'failing', 'requested'])),
  failing_since: nullable(Time),
  circuit: Type.Enum(['closed', 'open', 'half_open'], {
    description: 'open: it failed too often, and gets no deliveries until it is probed.',
  }),
  circuit_probe_at: nullable(Time),
};
const DeliveryJson = Type.Object(DELIVERY_ANSWER);
type DeliveryJson = Static<typeof DeliveryJson>;

export function encodeDeliveryJson(settings: DeliverySettings, state: EndpointState): DeliveryJson {
  const time = (ms: number | null): string | null => (ms === null ? null : timeFromMs(ms));
  return {
    max_delay_s: settings.maxDelayS,
    retry_statuses: [...settings.retryStatuses],
    disable_after_h: settings.disableAfterH,
    max_per_s: settings.maxPerS,
    disabled: state.disabledAtMs !== null,
    disabled_at: time(state.disabledAtMs),
    disabled_reason: state.disabledReason,
    failing_since: time(state.failingSinceMs),
    circuit: state.circuit,
    circuit_probe_at: time(state.probeAtMs),
  };
}
