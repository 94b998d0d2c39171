/** Enabling a paused endpoint: what becomes of the events that were held meanwhile. @module */
import { type ReactElement, type SubmitEvent, useState } from 'react';
import type { Endpoint } from '../api-shapes.ts';
import { timeFromField } from '../page-time.ts';
import { useDeed, useDesk } from '../use-answer.ts';
import { Dialog } from './dialog.tsx';
import { FormActions } from './form-actions.tsx';
import { Fault } from './states.tsx';

type Choice = 'all' | 'since' | 'none';

const CHOICES: Readonly<Record<Choice, string>> = {
  all: 'Deliver all of them',
  since: 'Deliver those since',
  none: 'Deliver none of them: they stay held',
};

export function EnableDialog({
  path,
  onDone,
  onClose,
}: {
  readonly path: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): ReactElement {
  const { api } = useDesk();
  const [choice, setChoice] = useState<Choice>('all');
  const { isRunning, fault, run } = useDeed<Endpoint>();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const since = timeFromField(String(fields.get('since') ?? ''));
    const release = choice === 'since' ? { since: since ?? '' } : choice;
    void run(() => api.call('POST', `${path}/enable`, { body: { release } }), onDone);
  }

  return (
    <Dialog title="Enable this endpoint" onClose={onClose}>
      <form className="settings" onSubmit={submit}>
        <fieldset>
          <legend>Events that are held</legend>
          {Object.entries(CHOICES).map(([value, words]) => (
            <label key={value} className="choice">
              <input
                type="radio"
                name="choice"
                value={value}
                checked={value === choice}
                onChange={() => setChoice(value as Choice)}
              />
              {words}
            </label>
          ))}
          {choice === 'since' && (
            <label htmlFor="release-since">
              Received since (UTC)
              <input id="release-since" name="since" type="datetime-local" required />
            </label>
          )}
        </fieldset>
        <Fault fault={fault} />
        <FormActions verb="Enable" busy="Enabling…" isRunning={isRunning} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
