-- The W3C trace context of the request that brought an event: spans of its delivery and of its leaf join that trace.
-- Null unless an OpenTelemetry SDK runs with the server.
ALTER TABLE delivery_queue ADD COLUMN traceparent text CHECK (length(traceparent) = 55);
ALTER TABLE pending_leaves ADD COLUMN traceparent text CHECK (length(traceparent) = 55);
