-- How the requests to an endpoint look. Names of further headers of its provider that are kept and sent on;
-- which signatures it gets; the oldest TLS it is spoken to with.
ALTER TABLE endpoints
  ADD COLUMN kept_headers text[] NOT NULL DEFAULT '{}' CHECK (cardinality(kept_headers) <= 32),
  ADD COLUMN signature_versions text[] NOT NULL DEFAULT '{v1,v1a}'
    CHECK (signature_versions <@ '{v1,v1a}' AND cardinality(signature_versions) BETWEEN 1 AND 2),
  ADD COLUMN min_tls_version text NOT NULL DEFAULT '1.2' CHECK (min_tls_version IN ('1.2', '1.3'));

-- What an endpoint is sent beside the event that only its tenant knows: sealed (AES-256-GCM, the key is not here).
-- A table of its own, so that nothing that reads endpoints reads secrets. What is not secret of them stands in the open.
CREATE TABLE endpoint_credentials (
  endpoint_id            uuid PRIMARY KEY REFERENCES endpoints (id),
  tenant_id              uuid NOT NULL REFERENCES tenants (id),
  custom_headers         bytea,
  header_names           text[] NOT NULL DEFAULT '{}',
  client_identity        bytea,
  client_cert_sha256     bytea CHECK (octet_length(client_cert_sha256) = 32),
  client_cert_expires_at timestamptz,
  updated_at             timestamptz NOT NULL,
  CHECK ((custom_headers IS NULL) = (cardinality(header_names) = 0)),
  CHECK ((client_identity IS NULL) = (client_cert_sha256 IS NULL)),
  CHECK ((client_identity IS NULL) = (client_cert_expires_at IS NULL))
);

-- The secrets that deliveries are signed with: a pair of both kinds, sealed together. During a rotation the older
-- pairs sign as well, each until its time is over.
CREATE TABLE endpoint_signing_secrets (
  id          uuid PRIMARY KEY,
  endpoint_id uuid NOT NULL REFERENCES endpoints (id),
  tenant_id   uuid NOT NULL REFERENCES tenants (id),
  secrets     bytea NOT NULL,
  public_key  text NOT NULL,
  created_at  timestamptz NOT NULL,
  valid_until timestamptz
);

CREATE INDEX idx_endpoint_signing_secrets ON endpoint_signing_secrets (endpoint_id);
-- One pair at a time has no end: the one that is signed with after a rotation.
CREATE UNIQUE INDEX idx_endpoint_signing_secrets_current
    ON endpoint_signing_secrets (endpoint_id) WHERE valid_until IS NULL;
