/** Times that callers give: RFC 3339 section 5.6, to the millisecond. @module */

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?)(Z|[+-]\d{2}:\d{2})$/;

/** Unix milliseconds, or null for a text that is no time, or none that there is. */
export function parseQueryTime(text: string): number | null {
  const parts = TIME.exec(text);
  if (parts === null) return null;
  const timeMs = Date.parse(text);
  if (!Number.isFinite(timeMs)) return null;
  // Date.parse carries days over that a month does not have.
  const local = Date.parse(`${parts[1]}Z`);
  return new Date(local).toISOString().slice(0, 19) === text.slice(0, 19) ? timeMs : null;
}
