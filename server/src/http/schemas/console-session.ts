/** Sessions of the operator page as it asks for them and sees them. @module */
import { type Static, Type } from 'typebox';
import { SCOPES } from '../../tenants/api-key.ts';
import { Id, nullable, Time } from './values.ts';

export const SignInBody = Type.Object(
  {
    api_key: Type.String({
      maxLength: 100,
      examples: ['ksk_q0mVh3XcRk7sG5tYwZbN1uP8eLfA2dJ4iO6hC9xTvE0'],
    }),
  },
  { additionalProperties: false, title: 'SignIn' },
);
export type SignInBody = Static<typeof SignInBody>;

export const ConsoleSessionJson = Type.Object(
  {
    session: nullable(
      Type.Object(
        {
          tenant_id: Id,
          scopes: Type.Array(Type.Enum([...SCOPES]), {
            description: 'What the API key behind the session may do, at this moment.',
          }),
          expires_at: Time,
        },
        { description: 'Null for whoever is not signed in.' },
      ),
    ),
  },
  { title: 'ConsoleSession' },
);
export type ConsoleSessionJson = Static<typeof ConsoleSessionJson>;
