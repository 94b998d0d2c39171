/** What the parameters of paths are, in the words of the API's document. @module */

export interface ParameterWords {
  readonly description: string;
  readonly example: string;
  readonly format?: string;
}

const id = (description: string): ParameterWords => ({
  description,
  format: 'uuid',
  example: '01935b7c-1f2e-7a3b-8c4d-5e6f708192a3',
});

export const PARAMETER_WORDS: Readonly<Record<string, ParameterWords | undefined>> = {
  api_key_id: id('The id of an API key, which is not its secret.'),
  delivery_attempt_id: id('The id of a delivery attempt.'),
  endpoint_id: id('The id of an endpoint.'),
  event_id: id('The id of an event.'),
  share_link_id: id('The id of a share link, which is not its token.'),
  tenant_id: id('The id of a tenant.'),
  leaf_hash: {
    description: 'The hash of a leaf: 64 lower-case hex digits.',
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  tree_size: { description: 'The size of the anchored tree.', example: '1000' },
  name: { description: 'The name of a log.', example: 'shared' },
  path: { description: 'Which tile, as C2SP tlog-tiles writes it.', example: '0/000.p/3' },
};
