/** A secret that the server shows this once: to be copied now, since nobody can read it back. @module */
import { type ReactElement, type ReactNode, useRef, useState } from 'react';
import { Dialog } from './dialog.tsx';

export function SecretOnce({
  title,
  name,
  secret,
  onClose,
  children,
}: {
  readonly title: string;
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setIsCopied] = useState(false);

  async function copy(): Promise<void> {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(secret);
      setIsCopied(true);
    } catch {
      // Not over plain HTTP, or not allowed: it is selected, and the person copies it.
    }
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <label htmlFor="secret-once">{name}, shown this once</label>
      <input id="secret-once" ref={field} readOnly value={secret} className="secret" />
      <p role="status" className="note">
        {isCopied ? 'Copied.' : 'Copy it now: it cannot be shown again.'}
      </p>
      <div className="actions">
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <button type="button" className="quiet" onClick={onClose}>
          I have kept it
        </button>
      </div>
    </Dialog>
  );
}
