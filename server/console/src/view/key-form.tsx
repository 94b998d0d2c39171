/** A new API key: what it is called, what it may do, and how long. @module */
import { type ReactElement, type SubmitEvent, useId, useState } from 'react';
import type { ApiKeyWithSecret } from '../api-shapes.ts';
import { useDeed, useDesk } from '../use-answer.ts';
import { SCOPE_WORDS } from '../words.ts';
import { FormActions } from './form-actions.tsx';
import { Fault } from './states.tsx';

const DAY_S = 86_400;

export function NewKeyForm({
  onMade,
  onCancel,
}: {
  readonly onMade: (key: ApiKeyWithSecret) => void;
  readonly onCancel: () => void;
}): ReactElement {
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<ApiKeyWithSecret>();
  const [hasNoScope, setHasNoScope] = useState(false);
  const id = useId();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const scopes = fields.getAll('scope').map(String);
    setHasNoScope(scopes.length === 0);
    if (scopes.length === 0) return;
    const days = String(fields.get('days') ?? '');
    const body = {
      name: String(fields.get('name') ?? '').trim(),
      scopes,
      ...(days === '' ? {} : { expires_in_s: Number(days) * DAY_S }),
    };
    void run(() => api.call('POST', '/v1/api-keys', { body }), onMade);
  }

  return (
    <form className="settings" onSubmit={submit}>
      <label htmlFor={`${id}-name`}>
        Name, to tell keys apart
        <input
          id={`${id}-name`}
          name="name"
          maxLength={200}
          placeholder="billing"
          // The person asked for this form.
          ref={(field) => field?.focus()}
        />
      </label>
      <fieldset aria-describedby={`${id}-scopes`}>
        <legend>What it may do</legend>
        {Object.entries(SCOPE_WORDS).map(([scope, words]) => (
          <label key={scope} className="choice">
            <input type="checkbox" name="scope" value={scope} />
            <span>
              <code>{scope}</code> {words}
            </span>
          </label>
        ))}
        <p id={`${id}-scopes`} role={hasNoScope ? 'alert' : undefined} className="fault">
          {hasNoScope && 'Choose at least one.'}
        </p>
      </fieldset>
      <label htmlFor={`${id}-days`}>
        Good for so many days (empty: until it is revoked)
        <input id={`${id}-days`} name="days" type="number" min={1} max={3_650} />
      </label>
      <Fault fault={fault} />
      <FormActions verb="Make the key" busy="Making…" isRunning={isRunning} onCancel={onCancel} />
    </form>
  );
}
