import { expect, it } from 'vitest';
import type { Endpoint } from '../src/api-shapes.ts';
import {
  bodyFromFields,
  fieldsFromEndpoint,
  NEW_FIELDS,
  replacementFromFields,
} from '../src/endpoint-settings.ts';

const ENDPOINT = {
  url: 'https://example.com/hook',
  description: 'orders',
  max_attempts: 11,
  max_delay_s: 512,
  disable_after_h: 0,
  max_per_s: 5,
  retry_statuses: [404, 409],
  signature_versions: ['v1', 'v1a'],
  min_tls_version: '1.3',
  kept_headers: ['x-source'],
} as unknown as Endpoint;

it('leaves to the server what is left empty', () => {
  expect(bodyFromFields({ ...NEW_FIELDS, url: ' https://example.com ' })).toEqual({
    url: 'https://example.com',
    description: '',
    retry_statuses: [],
  });
});

it('an endpoint that is saved unchanged stays as it is, also where it has no field', () => {
  const fields = fieldsFromEndpoint(ENDPOINT);
  expect(replacementFromFields(ENDPOINT, fields)).toEqual(ENDPOINT);
});

it('reads numbers and lists as they are typed', () => {
  const body = bodyFromFields({
    ...NEW_FIELDS,
    max_attempts: ' 3 ',
    disable_after_h: '0',
    retry_statuses: '404,409  418',
  });
  expect(body).toMatchObject({
    max_attempts: 3,
    disable_after_h: 0,
    retry_statuses: [404, 409, 418],
  });
  expect(body).not.toHaveProperty('max_delay_s');
});
