-- How much a tenant may ask for. A tier is a name that the server's settings give meaning to; `rate_limits` overrides
-- single limits of it. Tenants that were there before had no limits, and keep none.
ALTER TABLE tenants
  ADD COLUMN tier        text NOT NULL DEFAULT 'unlimited' CHECK (tier ~ '^[a-z0-9_-]{1,32}$'),
  ADD COLUMN rate_limits jsonb CHECK (jsonb_typeof(rate_limits) = 'object');
