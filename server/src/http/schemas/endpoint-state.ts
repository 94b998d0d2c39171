/** What an endpoint is told when it is enabled, as the API takes it. @module */
import { type Static, Type } from 'typebox';

/** What becomes of the events that were held. */
export const EnableBody = Type.Object(
  {
    release: Type.Union([
      Type.Enum(['all', 'none']),
      Type.Object({ since: Type.String({ maxLength: 40 }) }, { additionalProperties: false }),
    ]),
  },
  { additionalProperties: false },
);
export type EnableBody = Static<typeof EnableBody>;
