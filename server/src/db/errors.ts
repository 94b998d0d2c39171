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
