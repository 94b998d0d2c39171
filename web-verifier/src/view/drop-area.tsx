/** Where proofs come in: choose, drop anywhere on the page, or paste. @module */
import { type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react';
import { Chevron } from './sign.tsx';

interface DropAreaProps {
  readonly compact: boolean;
  readonly onFiles: (files: readonly File[]) => void;
  readonly onText: (text: string) => void;
  readonly children?: ReactNode;
}

export function DropArea({ compact, onFiles, onText, children }: DropAreaProps): ReactElement {
  const dragging = usePageDrop(onFiles, onText);
  const input = useRef<HTMLInputElement>(null);

  function takeChosen(): void {
    const chosen = [...(input.current?.files ?? [])];
    // Emptied, so that choosing the same file again is a change again.
    if (input.current) input.current.value = '';
    onFiles(chosen);
  }

  return (
    <section className="panel" aria-labelledby="input-heading">
      <h2 id="input-heading" className={compact ? 'visually-hidden' : ''}>
        {compact ? 'Check another proof' : 'Which proof?'}
      </h2>
      <div className={compact ? 'drop compact' : 'drop'}>
        <input
          ref={input}
          id="files"
          type="file"
          multiple
          className="visually-hidden"
          onChange={takeChosen}
        />
        <label htmlFor="files" className="button">
          Choose files
        </label>
        <p>
          or drop them anywhere on this page
          {!compact && (
            <span className="hint">Proof packages, *.kapsel.json, up to 1 MiB each</span>
          )}
        </p>
      </div>
      <PasteBox onText={onText} />
      {children}
      {dragging && (
        <div className="drop-veil" aria-hidden="true">
          <p>Drop to check</p>
        </div>
      )}
    </section>
  );
}

function PasteBox({ onText }: { readonly onText: (text: string) => void }): ReactElement {
  const [text, setText] = useState('');
  return (
    <details className="more">
      <summary>
        <Chevron />
        Paste the text of a proof
      </summary>
      <label htmlFor="pasted">Text of the proof package</label>
      <textarea
        id="pasted"
        rows={6}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="button"
        disabled={text.trim() === ''}
        onClick={() => {
          setText('');
          onText(text);
        }}
      >
        Check this text
      </button>
    </details>
  );
}

/** Files or text dropped anywhere, so that a near miss does not make the browser leave the page. */
function usePageDrop(
  onFiles: (files: readonly File[]) => void,
  onText: (text: string) => void,
): boolean {
  const [dragging, setDragging] = useState(false);
  const handlers = useRef({ onFiles, onText });
  useEffect(() => {
    handlers.current = { onFiles, onText };
  });
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setDragging(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      const text = event.dataTransfer?.getData('text/plain') ?? '';
      if (files.length > 0) handlers.current.onFiles(files);
      else if (text !== '') handlers.current.onText(text);
    };
    window.addEventListener('dragenter', over);
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', over);
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return dragging;
}
