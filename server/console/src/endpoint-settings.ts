/** The settings of an endpoint as fields of a form, and what the API is sent for them. @module */
import type { Endpoint } from './api-shapes.ts';

/** What can be changed here. Signatures, headers and certificates of an endpoint stay as they are. */
export interface SettingFields {
  readonly url: string;
  readonly description: string;
  readonly max_attempts: string;
  readonly max_delay_s: string;
  readonly disable_after_h: string;
  readonly max_per_s: string;
  /** Numbers with spaces or commas between them. */
  readonly retry_statuses: string;
}

export const NEW_FIELDS: SettingFields = {
  url: '',
  description: '',
  max_attempts: '',
  max_delay_s: '',
  disable_after_h: '',
  max_per_s: '',
  retry_statuses: '',
};

export function fieldsFromEndpoint(endpoint: Endpoint): SettingFields {
  return {
    url: endpoint.url,
    description: endpoint.description,
    max_attempts: String(endpoint.max_attempts),
    max_delay_s: String(endpoint.max_delay_s),
    disable_after_h: String(endpoint.disable_after_h),
    max_per_s: endpoint.max_per_s === null ? '' : String(endpoint.max_per_s),
    retry_statuses: endpoint.retry_statuses.join(', '),
  };
}

/** An empty field is left out: the server has a default for it. */
export function bodyFromFields(fields: SettingFields): Record<string, unknown> {
  const statuses = fields.retry_statuses.split(/[\s,]+/).filter((text) => text !== '');
  const names = ['max_attempts', 'max_delay_s', 'disable_after_h', 'max_per_s'] as const;
  const numbers = names.flatMap((name) =>
    fields[name].trim() === '' ? [] : [[name, Number(fields[name])] as const],
  );
  return {
    url: fields.url.trim(),
    description: fields.description.trim(),
    retry_statuses: statuses.map(Number),
    ...Object.fromEntries(numbers),
  };
}

/** A replacement is whole: what has no field is sent as it was, so that it stays. */
export function replacementFromFields(
  endpoint: Endpoint,
  fields: SettingFields,
): Record<string, unknown> {
  return {
    signature_versions: endpoint.signature_versions,
    min_tls_version: endpoint.min_tls_version,
    kept_headers: endpoint.kept_headers,
    ...bodyFromFields(fields),
  };
}
