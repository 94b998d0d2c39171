/** Workflow commands: lines on stdout by which a step speaks to the runner. No text from a file becomes one. Source of truth: verifier-ux 3.1. @module */

/** What an annotation is attached to. */
export interface AnnotationPlace {
  readonly title: string;
  /** A file of the repository. */
  readonly file?: string;
  readonly line?: number;
}

/** One line that shows up beside the run, and at the file where it names one. */
export function annotation(
  level: 'error' | 'warning',
  place: AnnotationPlace,
  message: string,
): string {
  const properties = Object.entries(place)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${properties.join(',')}::${escapeData(message)}\n`;
}

/** From here on the runner takes nothing for a command, until the token, which nobody can know before. */
export function stopCommands(token: string): string {
  return `::stop-commands::${token}\n`;
}

/** The end of that. A line break in front: what was written last may lack one. */
export function resumeCommands(token: string): string {
  return `\n::${token}::\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
