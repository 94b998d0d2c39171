-- How the provider of an endpoint signs: the scheme as data, its secrets sealed (AES-256-GCM, the key is not here).
-- A table of its own, so that nothing that reads endpoints reads secrets.
CREATE TABLE endpoint_signatures (
  endpoint_id uuid PRIMARY KEY REFERENCES endpoints (id),
  tenant_id   uuid NOT NULL REFERENCES tenants (id),
  scheme      jsonb NOT NULL,
  secrets     bytea[] NOT NULL CHECK (cardinality(secrets) BETWEEN 1 AND 4),
  updated_at  timestamptz NOT NULL
);
