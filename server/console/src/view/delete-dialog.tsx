/** Something is to be ended for good: said once more, then done. @module */
import type { ReactElement, ReactNode } from 'react';
import { useDeed, useDesk } from '../use-answer.ts';
import { Dialog } from './dialog.tsx';
import { Fault } from './states.tsx';

export function DeleteDialog(props: {
  readonly title: string;
  readonly verb: string;
  readonly busy: string;
  /** What the API is asked to delete. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly onDone: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactElement {
  const { title, verb, busy, path, headers = {}, onDone, onClose, children } = props;
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<null>();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <Fault fault={fault} />
      <div className="actions">
        <button
          type="button"
          className="danger"
          aria-disabled={isRunning}
          onClick={() => void run(() => api.call('DELETE', path, { headers }), onDone)}
        >
          {isRunning ? busy : verb}
        </button>
        <button type="button" className="quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
