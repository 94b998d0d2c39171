/** The settings of an endpoint, to make one or to change one. @module */
import { type ReactElement, type SubmitEvent, useId } from 'react';
import type { ApiFault } from '../api.ts';
import type { Endpoint, EndpointWithSecret } from '../api-shapes.ts';
import {
  bodyFromFields,
  fieldsFromEndpoint,
  NEW_FIELDS,
  replacementFromFields,
  type SettingFields,
} from '../endpoint-settings.ts';
import { useDeed, useDesk } from '../use-answer.ts';
import { FormActions } from './form-actions.tsx';
import { Fault } from './states.tsx';

export function NewEndpointForm({
  onMade,
  onCancel,
}: {
  readonly onMade: (endpoint: EndpointWithSecret) => void;
  readonly onCancel: () => void;
}): ReactElement {
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<EndpointWithSecret>();
  return (
    <SettingsForm
      fields={NEW_FIELDS}
      verb="Make the endpoint"
      isRunning={isRunning}
      fault={fault}
      onCancel={onCancel}
      onSubmit={(fields) =>
        void run(() => api.call('POST', '/v1/endpoints', { body: bodyFromFields(fields) }), onMade)
      }
    />
  );
}

export function EditEndpointForm({
  endpoint,
  etag,
  onDone,
  onCancel,
}: {
  readonly endpoint: Endpoint;
  /** Of the version that is shown: another one is not overwritten. */
  readonly etag: string | null;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}): ReactElement {
  const { api } = useDesk();
  const { isRunning, fault, run } = useDeed<Endpoint>();
  return (
    <SettingsForm
      fields={fieldsFromEndpoint(endpoint)}
      verb="Save"
      isRunning={isRunning}
      fault={fault}
      onCancel={onCancel}
      onSubmit={(fields) =>
        void run(
          () =>
            api.call('PUT', `/v1/endpoints/${endpoint.id}`, {
              body: replacementFromFields(endpoint, fields),
              headers: etag === null ? {} : { 'if-match': etag },
            }),
          onDone,
        )
      }
    />
  );
}

interface SettingsFormProps {
  readonly fields: SettingFields;
  readonly verb: string;
  readonly isRunning: boolean;
  readonly fault: ApiFault | null;
  readonly onSubmit: (fields: SettingFields) => void;
  readonly onCancel: () => void;
}

interface NumberField {
  readonly name: 'max_attempts' | 'max_delay_s' | 'disable_after_h' | 'max_per_s';
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly placeholder: string;
}

const NUMBERS: readonly NumberField[] = [
  { name: 'max_attempts', label: 'Attempts at most', min: 1, max: 100, placeholder: '11' },
  {
    name: 'max_delay_s',
    label: 'Longest wait between two, in seconds',
    min: 1,
    max: 36_000,
    placeholder: '512',
  },
  {
    name: 'disable_after_h',
    label: 'Pause after so many hours without success (0: never)',
    min: 0,
    max: 8_760,
    placeholder: '120',
  },
  {
    name: 'max_per_s',
    label: 'Deliveries a second at most',
    min: 1,
    max: 10_000,
    placeholder: 'no limit',
  },
];

function SettingsForm(props: SettingsFormProps): ReactElement {
  const { fields, verb, isRunning, fault, onSubmit, onCancel } = props;
  const id = useId();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const names = Object.keys(fields) as (keyof SettingFields)[];
    const entries = names.map((name) => [name, String(given.get(name) ?? '')]);
    onSubmit(Object.fromEntries(entries) as SettingFields);
  }

  return (
    <form className="settings" onSubmit={submit}>
      <label htmlFor={`${id}-url`}>
        Destination URL
        <input
          id={`${id}-url`}
          name="url"
          type="url"
          required
          maxLength={2_000}
          defaultValue={fields.url}
          placeholder="https://example.com/webhook"
          // The person asked for this form.
          ref={focusOnce}
        />
      </label>
      <label htmlFor={`${id}-description`}>
        Description
        <input
          id={`${id}-description`}
          name="description"
          maxLength={500}
          defaultValue={fields.description}
        />
      </label>
      <fieldset>
        <legend>Retries (an empty field has the server’s default)</legend>
        {NUMBERS.map(({ name, label, ...bounds }) => (
          <label key={name} htmlFor={`${id}-${name}`}>
            {label}
            <input
              id={`${id}-${name}`}
              name={name}
              type="number"
              {...bounds}
              defaultValue={fields[name]}
            />
          </label>
        ))}
        <label htmlFor={`${id}-retry_statuses`}>
          Also retry these statuses
          <input
            id={`${id}-retry_statuses`}
            name="retry_statuses"
            defaultValue={fields.retry_statuses}
            pattern="[0-9, ]*"
            placeholder="404, 409"
          />
        </label>
      </fieldset>
      <Fault fault={fault} />
      <FormActions verb={verb} busy="Saving…" isRunning={isRunning} onCancel={onCancel} />
    </form>
  );
}

function focusOnce(field: HTMLInputElement | null): void {
  field?.focus();
}
