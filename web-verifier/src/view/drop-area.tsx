/** Where proofs come in: choose, drop anywhere on the page, or paste. @module */
import { type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Source } from '../item.ts';
import { droppedFrom, inWalkOrder, sourceFromFile, sourcesFromDropped } from '../sources.ts';
import { Chevron } from './sign.tsx';

interface DropAreaProps {
  readonly compact: boolean;
  readonly onSources: (sources: readonly Source[]) => void;
  readonly onText: (text: string) => void;
  readonly onSample: () => void;
  readonly children?: ReactNode;
}

export function DropArea(props: DropAreaProps): ReactElement {
  const { compact, onSources, onText, onSample, children } = props;
  const dragging = usePageDrop(onSources, onText);

  function takeChosen(input: HTMLInputElement): void {
    const chosen = [...(input.files ?? [])];
    // Emptied, so that choosing the same file again is a change again.
    input.value = '';
    onSources(inWalkOrder(chosen.map(sourceFromFile)));
  }

  return (
    <section className="panel input" aria-labelledby="input-heading">
      <h2 id="input-heading" className={compact ? 'visually-hidden' : ''}>
        {compact ? 'Check another proof' : 'Which proof?'}
      </h2>
      <div className={compact ? 'drop compact' : 'drop'}>
        <input
          id="files"
          type="file"
          multiple
          className="visually-hidden"
          onChange={(event) => takeChosen(event.currentTarget)}
        />
        <label htmlFor="files" className="button">
          Choose files
        </label>
        <input
          id="folder"
          type="file"
          multiple
          className="visually-hidden"
          onChange={(event) => takeChosen(event.currentTarget)}
          {...FOLDER}
        />
        <label htmlFor="folder" className="button quiet">
          Choose a folder
        </label>
        <p>
          or drop them anywhere{!compact && ' on this page'}
          {!compact && (
            <span className="hint">
              Proof packages (*.kapsel.json, up to 1 MiB each), many of them one a line (.ndjson),
              packed (.gz), or an archive (.zip)
            </span>
          )}
        </p>
      </div>
      <PasteBox onText={onText} />
      {!compact && (
        <p>
          No proof at hand?{' '}
          <button type="button" className="link" onClick={onSample}>
            Try a sample
          </button>
        </p>
      )}
      {children}
      {dragging && (
        <div className="drop-veil" aria-hidden="true">
          <p>Drop to check</p>
        </div>
      )}
    </section>
  );
}

// The standard attribute for folders has no other name, and React's types do not know it. Not empty: it is set as a
// property too, where an empty text means no.
const FOLDER: Readonly<Record<string, string>> = { webkitdirectory: 'true' };

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
  onSources: (sources: readonly Source[]) => void,
  onText: (text: string) => void,
): boolean {
  const [dragging, setDragging] = useState(false);
  const handlers = useRef({ onSources, onText });
  useEffect(() => {
    handlers.current = { onSources, onText };
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
      if (event.dataTransfer === null) return;
      // Both are taken at once: when the event is over there is nothing left of it.
      const dropped = droppedFrom(event.dataTransfer);
      const text = event.dataTransfer.getData('text/plain');
      if (dropped.length > 0) {
        void sourcesFromDropped(dropped).then((found) => handlers.current.onSources(found));
      } else if (text !== '') handlers.current.onText(text);
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
