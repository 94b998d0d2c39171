/** "Which key do you trust?": pinned keys, a key that came with the link, and a place to paste one. @module */
import { escapeForDisplay, explainCode, type PublicKey } from '@kapsel/verification';
import { type ReactElement, type SubmitEvent, useId, useState } from 'react';
import { type KeyReading, readKeyText } from '../trusted-keys.ts';
import { Hash } from './hash.tsx';
import { QrCode } from './qr-code.tsx';
import { Chevron } from './sign.tsx';

interface KeyBarProps {
  readonly keys: readonly PublicKey[];
  /** From `#key=`; shown in amber until the person says that they compared it. */
  readonly linkKey: PublicKey | null;
  readonly onPin: (key: PublicKey) => void;
  readonly onRemove: (keyId: string) => void;
  /** Null where the device keeps nothing. */
  readonly remembering: {
    readonly isOn: boolean;
    readonly onChange: (isOn: boolean) => void;
  } | null;
}

export function KeyBar(props: KeyBarProps): ReactElement {
  const { keys, linkKey, onPin, onRemove, remembering } = props;
  const unpinnedLinkKey = keys.some(({ keyId }) => keyId === linkKey?.keyId) ? null : linkKey;
  return (
    <section className="panel keys" aria-labelledby="key-heading">
      <h2 id="key-heading">Which key do you trust?</h2>
      {keys.length === 0 && (
        <p className="muted advice">
          Paste the public key of the log, taken from its operator: their website, a contract, an
          earlier letter. A proof cannot vouch for its own key, so without one the best verdict is{' '}
          <em>untrusted</em>.
        </p>
      )}
      {keys.length === 0 && <p className="print-only">No key was pinned.</p>}
      {keys.map((key) => (
        <PinnedKey key={key.keyId} publicKey={key} onRemove={onRemove} />
      ))}
      {remembering !== null && keys.length > 0 && (
        <label className="check-box">
          <input
            type="checkbox"
            checked={remembering.isOn}
            onChange={(event) => remembering.onChange(event.currentTarget.checked)}
          />{' '}
          Remember on this device
        </label>
      )}
      {unpinnedLinkKey && <LinkKey publicKey={unpinnedLinkKey} onPin={onPin} />}
      {keys.length === 0 ? (
        <KeyForm onPin={onPin} />
      ) : (
        <details className="more">
          <summary>
            <Chevron />
            Add another key
          </summary>
          <KeyForm onPin={onPin} />
        </details>
      )}
    </section>
  );
}

function PinnedKey(props: {
  readonly publicKey: PublicKey;
  readonly onRemove: (keyId: string) => void;
}): ReactElement {
  const { keyId, name } = props.publicKey;
  return (
    <div className="key pinned">
      <p className="key-state">Pinned by you{name !== null && <> as {escapeForDisplay(name)}</>}</p>
      <Fingerprint keyId={keyId} />
      <button type="button" className="quiet" onClick={() => props.onRemove(keyId)}>
        Remove
      </button>
      <FingerprintToScan keyId={keyId} />
    </div>
  );
}

function LinkKey(props: {
  readonly publicKey: PublicKey;
  readonly onPin: (key: PublicKey) => void;
}): ReactElement {
  return (
    <div className="key from-link">
      <p className="key-state">Came with the link: compare it</p>
      <Fingerprint keyId={props.publicKey.keyId} />
      <p className="muted">
        Whoever made the link chose this key. It counts only after you have compared the fingerprint
        with one you got in another way.
      </p>
      <button type="button" onClick={() => props.onPin(props.publicKey)}>
        I compared it: trust this key
      </button>
    </div>
  );
}

/** Made when it is opened: few people compare with a second device. */
function FingerprintToScan({ keyId }: { readonly keyId: string }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Chevron />
        Fingerprint as a QR code
      </summary>
      {isOpen && <QrCode text={keyId} name="QR code of the fingerprint" />}
    </details>
  );
}

/** The fingerprint of a key in groups of four, all of it. */
export function Fingerprint({ keyId }: { readonly keyId: string }): ReactElement {
  return (
    <p className="fingerprint">
      <span className="label">Fingerprint</span> <Hash value={keyId} name="fingerprint" />
    </p>
  );
}

function KeyForm({ onPin }: { readonly onPin: (key: PublicKey) => void }): ReactElement {
  const [text, setText] = useState('');
  const [privateRefused, setPrivateRefused] = useState(false);
  const fieldId = useId();
  const reading = text.trim() === '' ? null : readKeyText(text);

  function change(field: HTMLTextAreaElement): void {
    const { value } = field;
    const isPrivate = value.trim() !== '' && isPrivateKey(readKeyText(value));
    // A private key does not stay on the screen for a moment longer than it takes to see what it is.
    if (isPrivate) field.value = '';
    setText(isPrivate ? '' : value);
    // The word about it stays until something else is typed; emptying the field may be an event of its own.
    if (value !== '') setPrivateRefused(isPrivate);
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (reading?.kind !== 'key') return;
    setText('');
    onPin(reading.key);
  }

  return (
    <form className="key-form" onSubmit={submit}>
      <label htmlFor={fieldId}>Public key of the log</label>
      <div className="field-row">
        <textarea
          id={fieldId}
          rows={2}
          value={text}
          onChange={(event) => change(event.currentTarget)}
          aria-describedby={`${fieldId}-note`}
          aria-invalid={reading?.kind === 'refused' || privateRefused}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="64 hex digits, base64, PEM, JWK or a C2SP key"
        />
        <button type="submit" disabled={reading?.kind !== 'key'}>
          Trust this key
        </button>
      </div>
      <div id={`${fieldId}-note`} className="field-note" role="status">
        {privateRefused && <p className="fault">{explainCode('E_KEY_PRIVATE').what}</p>}
        {reading?.kind === 'refused' && <p className="fault">{explainCode(reading.code).what}</p>}
        {reading?.kind === 'key' && <Fingerprint keyId={reading.key.keyId} />}
      </div>
    </form>
  );
}

function isPrivateKey(reading: KeyReading): boolean {
  return reading.kind === 'refused' && reading.code === 'E_KEY_PRIVATE';
}
