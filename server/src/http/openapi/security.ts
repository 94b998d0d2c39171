/** Who may call what, in the words of OpenAPI: the schemes, and what each kind of access needs of them. @module */
import { SCOPE_WORDS, SCOPES } from '../../tenants/api-key.ts';
import type { JsonObject } from './components.ts';
import type { Auth } from './route-doc.ts';

export const SECURITY_SCHEMES: JsonObject = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: [
      'An API key of a tenant. Missing, unknown, expired and revoked keys get one and the same answer. Scopes:',
      ...SCOPES.map((scope) => `- \`${scope}\`: ${SCOPE_WORDS[scope]}`),
    ].join('\n'),
  },
  platformToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'The operator’s token, KAPSEL_PLATFORM_TOKEN.',
  },
  metricsToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'KAPSEL_METRICS_TOKEN, where it is set.',
  },
  shareToken: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description: 'The token of a share link: good for one delivery attempt until it ends.',
  },
  providerSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description:
      'The signature that the endpoint asks for, in the header of its scheme; this is the one of Standard Webhooks.',
  },
};

/** One of the alternatives is enough; an empty one is nobody at all. */
export function securityOf(auth: Auth): readonly JsonObject[] {
  switch (auth) {
    case 'none':
      return [];
    case 'log':
      return [{}, { apiKey: ['proofs:read'] }];
    case 'package':
      return [{ apiKey: ['proofs:read'] }, { shareToken: [] }];
    case 'ingest':
      return [{ apiKey: ['ingest'] }, { providerSignature: [] }];
    case 'platform':
      return [{ platformToken: [] }];
    case 'metrics':
      return [{}, { metricsToken: [] }];
    default:
      return [{ apiKey: [auth] }];
  }
}
