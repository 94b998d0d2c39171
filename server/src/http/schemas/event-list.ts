/** Query parameters of the list of events. @module */
import { type Static, Type } from 'typebox';

export const EventListQuery = Type.Object(
  {
    status: Type.Optional(Type.Enum(['received', 'pending', 'delivered', 'failed'])),
    endpoint_id: Type.Optional(Type.String({ maxLength: 100 })),
    held: Type.Optional(Type.Enum(['true', 'false'])),
    since: Type.Optional(Type.String({ maxLength: 40 })),
    until: Type.Optional(Type.String({ maxLength: 40 })),
    page: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}$' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$' })),
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
);
export type EventListQuery = Static<typeof EventListQuery>;
