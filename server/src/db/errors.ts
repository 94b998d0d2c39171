/** PostgreSQL error classes the server reacts to, by SQLSTATE and never by message text. @module */

// Class 22: data exception (a value the column cannot hold). Class 23: integrity constraint violation.
const ROW_FAULT_CLASSES = ['22', '23'];

/** Rows that a store itself refuses, where no constraint of the database can. */
export class RowFault extends Error {}

/** True when the values of a single row caused the error, so that other rows may still be written. */
export function isRowFault(error: unknown): boolean {
  if (error instanceof RowFault) return true;
  const code = sqlState(error);
  return code !== null && ROW_FAULT_CLASSES.includes(code.slice(0, 2));
}

const SERIALIZATION_FAILURE = '40001';

/** True when a transaction met what another one has committed since its snapshot: done again, it may succeed. */
export function isSerializationFailure(error: unknown): boolean {
  return sqlState(error) === SERIALIZATION_FAILURE;
}

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** The constraint that a row violated because its value is taken, or names a row that is not there; else null. */
export function violatedConstraint(error: unknown): string | null {
  const state = sqlState(error);
  if (state !== UNIQUE_VIOLATION && state !== FOREIGN_KEY_VIOLATION) return null;
  const { constraint } = error as { constraint?: unknown };
  return typeof constraint === 'string' ? constraint : null;
}

function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : null;
}

// 40P01 deadlock_detected, 40001 serialization_failure: two transactions met, and doing it again may succeed.
const CONTENTION = ['40P01', '40001'];

/** True when a transaction lost against another one and was rolled back: done again, it may succeed. */
export function isContention(error: unknown): boolean {
  return CONTENTION.includes(sqlState(error) ?? '');
}

const LOCK_NOT_AVAILABLE = '55P03';

/** True when a lock was not to be had within `lock_timeout`: somebody else is at work on the row. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === LOCK_NOT_AVAILABLE;
}

// Class 08: connection exception; class 57: operator intervention (shutdown, cancelled by a timeout); 53: no resources
// (connections, disk, memory); 58: the machine's own I/O; 55P03: a lock was not to be had in time; 25006: a standby.
const AWAY_CLASSES = /^(?:08|53|57|58)...$|^(?:55P03|25006)$/;
const SOCKET_CODES = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
// pg has no code for these.
const AWAY_MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** True when nothing is known of the statement's fate: the database is away, or too slow to wait for. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return AWAY_CLASSES.test(code) || SOCKET_CODES.test(code);
  return AWAY_MESSAGES.test(error.message);
}

/** 23503 foreign_key_violation: what a row belongs to does not exist. */
export function isMissingParent(error: unknown): boolean {
  return sqlState(error) === '23503';
}

// 42501 insufficient_privilege: the login is no member of the role. 22023 invalid_parameter_value: there is no such role.
const ROLE_REFUSED = ['42501', '22023'];

/** True when a role could not be taken. */
export function isRoleRefused(error: unknown): boolean {
  return ROLE_REFUSED.includes(sqlState(error) ?? '');
}

/** 08P01 protocol_violation: how a pooler refuses a startup option that it does not know. */
export function isStartupRefused(error: unknown): boolean {
  return sqlState(error) === '08P01';
}
