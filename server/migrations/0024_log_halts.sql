-- Why a log stood still and who set it going again: a row for each halt that was ended. Rows are only ever added.
-- audited_size: the size of the tree that an audit found whole before, or null where an operator took it on himself.
CREATE TABLE log_halts (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_id        uuid NOT NULL REFERENCES logs (id),
  halted_at     timestamptz NOT NULL,
  halted_reason text NOT NULL,
  resumed_at    timestamptz NOT NULL DEFAULT now(),
  audited_size  bigint CHECK (audited_size >= 0),
  reason        text CHECK (length(reason) BETWEEN 1 AND 1000),
  CHECK (audited_size IS NOT NULL OR reason IS NOT NULL)
);

CREATE INDEX idx_log_halts_log ON log_halts (log_id, id);

-- For the bound on what a tenant has, and for the sweep of what is over.
CREATE INDEX idx_share_links_tenant ON share_links (tenant_id, expires_at);
CREATE INDEX idx_share_links_expires ON share_links (expires_at);
