/** The end of a form: do it, or leave it. @module */
import type { ReactElement } from 'react';

export function FormActions({
  verb,
  busy,
  isRunning,
  onCancel,
}: {
  readonly verb: string;
  /** The same while it is done. */
  readonly busy: string;
  readonly isRunning: boolean;
  readonly onCancel: () => void;
}): ReactElement {
  return (
    <div className="actions">
      <button type="submit" aria-disabled={isRunning}>
        {isRunning ? busy : verb}
      </button>
      <button type="button" className="quiet" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
