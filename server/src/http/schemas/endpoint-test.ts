/** A test delivery, as the API is asked for it. @module */
import { type Static, Type } from 'typebox';

export const TestBody = Type.Object(
  {
    payload: Type.Optional(
      Type.Unknown({
        description: 'Any JSON, sent as it is; else a short text that says it is a test.',
        examples: [{ type: 'order.created', id: 7 }],
      }),
    ),
  },
  { additionalProperties: false },
);
export type TestBody = Static<typeof TestBody>;
