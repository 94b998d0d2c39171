-- Tenants and their API keys. A key is stored as SHA-256 (it has 256 random bits, so no slow hash is needed).
CREATE TABLE tenants (
  id         uuid PRIMARY KEY,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  id         uuid PRIMARY KEY,
  tenant_id  uuid NOT NULL REFERENCES tenants (id),
  prefix     text NOT NULL CHECK (length(prefix) = 12),
  key_hash   bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
  scopes     text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

CREATE INDEX idx_api_keys_tenant ON api_keys (tenant_id);
