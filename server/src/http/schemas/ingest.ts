/** What senders of webhooks are answered. @module */
import { type Static, Type } from 'typebox';
import { Id } from './values.ts';

export const AcceptedJson = Type.Object(
  {
    event_id: Id,
    duplicate: Type.Boolean({
      description: 'True when its key has made this event before.',
      examples: [false],
    }),
  },
  { title: 'Accepted' },
);
export type AcceptedJson = Static<typeof AcceptedJson>;

const Line = Type.Integer({ minimum: 1, description: 'Counted from 1.', examples: [1] });

const LineJson = Type.Union([
  Type.Object({ line: Line, event_id: Id, duplicate: Type.Boolean({ examples: [false] }) }),
  Type.Object({
    line: Line,
    error: Type.Object({
      code: Type.String({ examples: ['invalid_json'] }),
      message: Type.String({ examples: ['The line is not JSON in UTF-8'] }),
    }),
  }),
]);
export type LineJson = Static<typeof LineJson>;

export const BatchJson = Type.Object({ results: Type.Array(LineJson) }, { title: 'BatchResults' });
export type BatchJson = Static<typeof BatchJson>;
