/** Another signing secret: how long the older ones sign beside it. @module */
import type { ReactElement, SubmitEvent } from 'react';
import type { EndpointWithSecret } from '../api-shapes.ts';
import { useDeed, useDesk } from '../use-answer.ts';
import { Dialog } from './dialog.tsx';
import { FormActions } from './form-actions.tsx';
import { Fault } from './states.tsx';

const HOUR_S = 3_600;

export function RotateDialog({
  path,
  onDone,
  onClose,
}: {
  readonly path: string;
  readonly onDone: (rotated: EndpointWithSecret) => void;
  readonly onClose: () => void;
}): ReactElement {
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<EndpointWithSecret>();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const body = { overlap_s: Math.round(Number(fields.get('hours')) * HOUR_S) };
    void run(() => api.call('POST', `${path}/rotate-secret`, { body }), onDone);
  }

  return (
    <Dialog title="New signing secret" onClose={onClose}>
      <form className="settings" onSubmit={submit}>
        <p>
          Deliveries are signed with the new secret and, for a while, with the older ones too, so
          that your destination can change over. After a leak choose 0 hours.
        </p>
        <label htmlFor="overlap">
          Older secrets sign on for, in hours
          <input
            id="overlap"
            name="hours"
            type="number"
            min={0}
            max={168}
            defaultValue={24}
            required
          />
        </label>
        <Fault fault={fault} />
        <FormActions
          verb="Make a new secret"
          busy="Making…"
          isRunning={isRunning}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
