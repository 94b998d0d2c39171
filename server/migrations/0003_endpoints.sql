-- Destinations. A deleted endpoint keeps its row: its proofs outlive it.
CREATE TABLE endpoints (
  id           uuid PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants (id),
  url          text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
  description  text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
  max_attempts integer NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  deleted_at   timestamptz
);

CREATE INDEX idx_endpoints_tenant ON endpoints (tenant_id, id) WHERE deleted_at IS NULL;
