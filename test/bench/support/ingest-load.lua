-- Load for wrk: signed POSTs of one body, each with an idempotency key of its own; prints one JSON line at the end.
-- Words after "--": file of the body, content type, signature, key prefix ("" sends no keys), extra header lines are none.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(words)
  local file = assert(io.open(words[1], "rb"))
  local body = file:read("*a")
  file:close()
  local head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
    "\r\nContent-Type: " .. words[2] .. "\r\nContent-Length: " .. #body ..
    "\r\nUser-Agent: wrk\r\nX-Signature: " .. words[3]
  local rest = "\r\n\r\n" .. body
  if words[4] == "" then
    fixed = head .. rest
  else
    before = head .. "\r\nIdempotency-Key: " .. words[4] .. "-" .. number .. "-"
    after = rest
  end
  count = 0
end

function request()
  if fixed then return fixed end
  count = count + 1
  return before .. count .. after
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50Ms":%.4f,"p90Ms":%.4f,"p99Ms":%.4f,"p999Ms":%.4f,"maxMs":%.4f,"notOk":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
