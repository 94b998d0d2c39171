/** The circuits of endpoints as all servers share them: one row each, written when it changes. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import { type Circuit, newCircuit } from './circuit.ts';

/** A circuit that is locked until the transaction ends, and the time by the clock that all servers share. */
export interface LockedCircuit {
  readonly tenantId: TenantId;
  readonly circuit: Circuit;
  readonly nowMs: number;
}

// Whoever is first opens it; results of another server that come later belong to an epoch that is over.
// The upper limit keeps a row of a younger schema from being opened twice in one epoch.
const OPEN_CIRCUIT = `
  INSERT INTO endpoint_circuits AS c
         (endpoint_id, tenant_id, state, epoch, opened_at, probe_at, openings)
  VALUES ($1, $2, 'open', $3::bigint + 1, now(), now() + $4 * interval '1 millisecond', 1)
      ON CONFLICT (endpoint_id) DO UPDATE
     SET state = 'open', epoch = c.epoch + 1, opened_at = now(), probe_at = excluded.probe_at,
         openings = c.openings + 1, changed_at = now()
   WHERE c.state = 'closed' AND c.epoch = $3::bigint`;

/** Closed to open. False when somebody else has changed the circuit since `epoch`. */
export async function openCircuitAcrossTenants(
  db: Db,
  opening: {
    readonly endpointId: EndpointId;
    readonly tenantId: TenantId;
    readonly epoch: number;
    readonly openForMs: number;
  },
): Promise<boolean> {
  const { endpointId, tenantId, epoch, openForMs } = opening;
  const { rowCount } = await db.query(OPEN_CIRCUIT, [endpointId, tenantId, epoch, openForMs]);
  return rowCount === 1;
}

interface CircuitRow {
  tenant_id: TenantId;
  state: Circuit['kind'];
  epoch: string;
  probe_at_ms: number | null;
  successes: number;
  probes: string[];
  probes_until_ms: number[];
  now_ms: number;
}

const LOCK_CIRCUIT = `
  SELECT tenant_id, state, epoch, successes, probes,
         extract(epoch FROM probe_at)::float8 * 1000 AS probe_at_ms,
         ARRAY(SELECT extract(epoch FROM until)::float8 * 1000
                 FROM unnest(probes_until) WITH ORDINALITY AS t (until, place) ORDER BY place) AS probes_until_ms,
         extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms
    FROM endpoint_circuits
   WHERE endpoint_id = $1
     FOR UPDATE`;

/** Null when the endpoint has never had another circuit than a closed one. Call inside a transaction. */
export async function lockCircuitAcrossTenants(
  db: Db,
  endpointId: EndpointId,
): Promise<LockedCircuit | null> {
  const { rows } = await db.query<CircuitRow>(LOCK_CIRCUIT, [endpointId]);
  const row = rows[0];
  if (row === undefined) return null;
  return { tenantId: row.tenant_id, circuit: circuitFromRow(row), nowMs: row.now_ms };
}

function circuitFromRow(row: CircuitRow): Circuit {
  const epoch = integerFromRow(row.epoch);
  switch (row.state) {
    case 'closed':
      return newCircuit(epoch);
    case 'open':
      return { kind: 'open', epoch, probeAtMs: row.probe_at_ms ?? 0 };
    case 'half_open':
      return {
        kind: 'half_open',
        epoch,
        successes: row.successes,
        probes: row.probes.map((attemptId, i) => ({
          attemptId,
          untilMs: row.probes_until_ms[i] ?? 0,
        })),
      };
  }
}

const SAVE_CIRCUIT = `
  UPDATE endpoint_circuits
     SET state = $2, epoch = $3,
         opened_at = CASE WHEN $2 = 'open' THEN now() ELSE opened_at END,
         probe_at = to_timestamp($4::float8 / 1000),
         openings = CASE $2 WHEN 'open' THEN openings + 1 WHEN 'closed' THEN 0 ELSE openings END,
         successes = $5, probes = $6,
         probes_until = ARRAY(SELECT to_timestamp(ms / 1000)
                                FROM unnest($7::float8[]) WITH ORDINALITY AS t (ms, place) ORDER BY place),
         changed_at = now()
   WHERE endpoint_id = $1`;

/** Call inside the transaction that locked it. */
export async function saveCircuitAcrossTenants(
  db: Db,
  endpointId: EndpointId,
  circuit: Circuit,
): Promise<void> {
  const probes = circuit.kind === 'half_open' ? circuit.probes : [];
  await db.query(SAVE_CIRCUIT, [
    endpointId,
    circuit.kind,
    circuit.epoch,
    circuit.kind === 'open' ? circuit.probeAtMs : null,
    circuit.kind === 'half_open' ? circuit.successes : 0,
    probes.map(({ attemptId }) => attemptId),
    probes.map(({ untilMs }) => untilMs),
  ]);
}

// In slices, so that many dead endpoints cost each look the same. Only those count that a delivery is due for.
const LIST_PROBEABLE = `
  WITH slice AS (
    SELECT endpoint_id, state, probe_at, probes_until
      FROM endpoint_circuits
     WHERE state <> 'closed' AND endpoint_id > $1
     ORDER BY endpoint_id
     LIMIT $2
  )
  SELECT s.endpoint_id,
         (s.state = 'open' AND s.probe_at <= now()
          OR s.state = 'half_open'
             AND (SELECT count(*) FROM unnest(s.probes_until) AS until WHERE until > now()) < $3)
         AND EXISTS (SELECT 1 FROM delivery_queue q
                      WHERE q.endpoint_id = s.endpoint_id AND q.run_at <= now()
                        AND q.inflight_attempt_id IS NULL) AS may_probe
    FROM slice s
   ORDER BY s.endpoint_id`;

export interface ProbeSlice {
  readonly probeable: readonly EndpointId[];
  /** Where the next slice begins, or null when this was the last one. */
  readonly next: EndpointId | null;
}

/** Which of the next `limit` circuits that are not closed may be probed now. */
export async function listProbeableAcrossTenants(
  db: Db,
  after: EndpointId | null,
  limit: number,
  mostProbes: number,
): Promise<ProbeSlice> {
  const { rows } = await db.query<{ endpoint_id: EndpointId; may_probe: boolean }>(LIST_PROBEABLE, [
    after ?? '00000000-0000-0000-0000-000000000000',
    limit,
    mostProbes,
  ]);
  return {
    probeable: rows.filter((row) => row.may_probe).map((row) => row.endpoint_id),
    next: rows.length < limit ? null : (rows.at(-1)?.endpoint_id ?? null),
  };
}
