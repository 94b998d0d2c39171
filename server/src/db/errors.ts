/** PostgreSQL error classes the server reacts to, by SQLSTATE and never by message text. @module */

// Class 22: data exception (a value the column cannot hold). Class 23: integrity constraint violation.
const ROW_FAULT_CLASSES = ['22', '23'];

/** True when the values of a single row caused the error, so that other rows may still be written. */
export function isRowFault(error: unknown): boolean {
  const code = sqlState(error);
  return code !== null && ROW_FAULT_CLASSES.includes(code.slice(0, 2));
}

function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : null;
}
