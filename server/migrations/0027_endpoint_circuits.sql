-- The circuit breaker of each endpoint that ever opened, shared by all servers; written when it changes, never for a
-- single result of a closed circuit. Without a row a circuit is closed in epoch 0.
CREATE TABLE endpoint_circuits (
  endpoint_id  uuid PRIMARY KEY REFERENCES endpoints (id),
  tenant_id    uuid NOT NULL,
  state        text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
  epoch        bigint NOT NULL,
  opened_at    timestamptz,
  -- When an open circuit may be probed: only time makes it half-open.
  probe_at     timestamptz CHECK ((probe_at IS NOT NULL) = (state = 'open')),
  -- How often it opened since it was last closed.
  openings     integer NOT NULL DEFAULT 0,
  -- Successes of probes since it is half-open.
  successes    integer NOT NULL DEFAULT 0,
  -- The probes in flight, each with the end of its lease.
  probes       uuid[] NOT NULL DEFAULT '{}',
  probes_until timestamptz[] NOT NULL DEFAULT '{}' CHECK (cardinality(probes_until) = cardinality(probes)),
  changed_at   timestamptz NOT NULL DEFAULT now()
);

-- Asked at each claim.
CREATE INDEX idx_endpoint_circuits_not_closed ON endpoint_circuits (endpoint_id) WHERE state <> 'closed';
