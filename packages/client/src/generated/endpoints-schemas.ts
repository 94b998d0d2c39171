/** What "endpoints" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type NewEndpoint = {
  readonly url: string;
  readonly description?: string;
  readonly max_attempts?: number;
  readonly max_delay_s?: number;
  readonly retry_statuses?: readonly number[];
  readonly disable_after_h?: number;
  readonly max_per_s?: number | null;
  readonly signature_versions?: readonly ('v1' | 'v1a')[];
  readonly min_tls_version?: '1.2' | '1.3';
  readonly kept_headers?: readonly string[];
  readonly signature?: {
    readonly scheme:
      | 'github'
      | 'stripe'
      | 'shopify'
      | 'slack'
      | 'standard'
      | 'standard-v1a'
      | 'generic';
    readonly secrets: readonly string[];
    readonly record?: SignatureScheme;
  };
  readonly custom_headers?: Readonly<Record<string, string>>;
  readonly client_certificate?: { readonly certificate: string; readonly private_key: string };
  readonly signing_secrets?: { readonly v1?: string; readonly v1a?: string };
};

export type SignatureScheme = {
  readonly alg: 'hmac-sha256' | 'hmac-sha512' | 'hmac-sha1' | 'ed25519';
  readonly signature_header: string;
  readonly extract:
    | { readonly kind: 'bare' }
    | { readonly kind: 'prefix'; readonly prefix: string }
    | {
        readonly kind: 'list';
        readonly item_separator: string;
        readonly pair_separator: string;
        readonly versions: readonly string[];
      };
  readonly encoding: 'hex' | 'base64';
  readonly signed: string;
  readonly id_header?: string;
  readonly timestamp?:
    | { readonly kind: 'none' }
    | { readonly kind: 'header'; readonly name: string }
    | { readonly kind: 'list'; readonly name: string };
  readonly timestamp_format?: 'unix' | 'rfc3339';
  readonly tolerance_s?: number;
  readonly key:
    | { readonly kind: 'utf8' }
    | { readonly kind: 'hex' }
    | { readonly kind: 'base64'; readonly prefix: string };
  readonly event_key?:
    | { readonly kind: 'header'; readonly name: string }
    | { readonly kind: 'pointer'; readonly pointer: string };
};

export type EndpointWithSecret = {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly max_attempts: number;
  readonly signature: Signature | null;
  readonly max_delay_s: number;
  readonly retry_statuses: readonly number[];
  readonly disable_after_h: number;
  readonly max_per_s: number | null;
  readonly disabled: boolean;
  readonly disabled_at: string | null;
  readonly disabled_reason: 'gone' | 'failing' | 'requested' | null;
  readonly failing_since: string | null;
  readonly circuit: 'closed' | 'open' | 'half_open';
  readonly circuit_probe_at: string | null;
  readonly signature_versions: readonly ('v1' | 'v1a')[];
  readonly signing_keys: readonly {
    readonly public_key: string;
    readonly created_at: string;
    readonly valid_until: string | null;
  }[];
  readonly custom_header_names: readonly string[];
  readonly client_certificate: { readonly sha256: string; readonly expires_at: string } | null;
  readonly min_tls_version: '1.2' | '1.3';
  readonly kept_headers: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly signing_secret: string;
};

export type Signature = {
  readonly scheme: string;
  readonly record?: SignatureScheme;
  readonly secret_count: number;
};

export type EndpointList = {
  readonly data: readonly Endpoint[];
  readonly next_cursor: string | null;
};

export type Endpoint = {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly max_attempts: number;
  readonly signature: Signature | null;
  readonly max_delay_s: number;
  readonly retry_statuses: readonly number[];
  readonly disable_after_h: number;
  readonly max_per_s: number | null;
  readonly disabled: boolean;
  readonly disabled_at: string | null;
  readonly disabled_reason: 'gone' | 'failing' | 'requested' | null;
  readonly failing_since: string | null;
  readonly circuit: 'closed' | 'open' | 'half_open';
  readonly circuit_probe_at: string | null;
  readonly signature_versions: readonly ('v1' | 'v1a')[];
  readonly signing_keys: readonly {
    readonly public_key: string;
    readonly created_at: string;
    readonly valid_until: string | null;
  }[];
  readonly custom_header_names: readonly string[];
  readonly client_certificate: { readonly sha256: string; readonly expires_at: string } | null;
  readonly min_tls_version: '1.2' | '1.3';
  readonly kept_headers: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
};

export type EndpointSettings = {
  readonly url: string;
  readonly description?: string;
  readonly max_attempts?: number;
  readonly max_delay_s?: number;
  readonly retry_statuses?: readonly number[];
  readonly disable_after_h?: number;
  readonly max_per_s?: number | null;
  readonly signature_versions?: readonly ('v1' | 'v1a')[];
  readonly min_tls_version?: '1.2' | '1.3';
  readonly kept_headers?: readonly string[];
  readonly signature?: {
    readonly scheme:
      | 'github'
      | 'stripe'
      | 'shopify'
      | 'slack'
      | 'standard'
      | 'standard-v1a'
      | 'generic';
    readonly secrets: readonly string[];
    readonly record?: SignatureScheme;
  } | null;
  readonly custom_headers?: Readonly<Record<string, string>> | null;
  readonly client_certificate?: {
    readonly certificate: string;
    readonly private_key: string;
  } | null;
};
