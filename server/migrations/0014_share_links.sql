-- A link to one proof package for somebody without an API key. The row is what makes it revocable.
CREATE TABLE share_links (
  id                  uuid PRIMARY KEY,
  tenant_id           uuid NOT NULL REFERENCES tenants (id),
  delivery_attempt_id uuid NOT NULL,
  expires_at          timestamptz NOT NULL,
  revoked_at          timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX idx_share_links_attempt ON share_links (tenant_id, delivery_attempt_id);
