/** What "platform" takes and answers, generated from the API’s document, and never edited: see docs/architecture.md. @module */

export type TenantList = { readonly data: readonly Tenant[]; readonly next_cursor: string | null };

export type Tenant = {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
  readonly rate_limits: Readonly<Record<string, unknown>> | null;
  readonly log: { readonly name: string; readonly origin: string } | null;
  readonly created_at: string;
};

export type NewTenant = {
  readonly name: string;
  readonly tier?: string;
  readonly rate_limits?: RateLimits | null;
};

export type RateLimits = {
  readonly rate?: number;
  readonly burst?: number;
  readonly ingest?: { readonly rate: number; readonly burst: number } | null;
  readonly api?: { readonly rate: number; readonly burst: number } | null;
  readonly proof?: { readonly rate: number; readonly burst: number } | null;
};

export type TenantWithKey = {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
  readonly rate_limits: Readonly<Record<string, unknown>> | null;
  readonly log: { readonly name: string; readonly origin: string } | null;
  readonly created_at: string;
  readonly api_key: string;
};

export type TenantSettings = {
  readonly name: string;
  readonly tier: string;
  readonly rate_limits?: RateLimits | null;
};
