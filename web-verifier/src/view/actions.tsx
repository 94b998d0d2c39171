/** What can be done with a finding: print it, download the report of the run, copy a link that carries the proof. @module */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { copyText } from '../clipboard.ts';
import type { Finding } from '../finding.ts';
import { fragmentFromProof } from '../proof-link.ts';

interface ActionsProps {
  readonly finding: Finding;
  /** Hands out the report of the run; null where there is none to give. */
  readonly onReport: ((onFile: (file: Blob) => void) => void) | null;
}

type State = 'copied' | 'refused' | 'writing' | 'written' | null;

export function Actions({ finding, onReport }: ActionsProps): ReactElement {
  const link = useLink(finding);
  const saveFile = useSaveFile();
  const [state, setState] = useState<State>(null);

  function download(): void {
    setState('writing');
    onReport?.((file) => {
      saveFile(file);
      setState('written');
    });
  }

  return (
    <div className="actions">
      <button type="button" className="quiet" onClick={() => window.print()}>
        Print
      </button>
      {onReport !== null && (
        <button
          type="button"
          className="quiet"
          aria-disabled={state === 'writing'}
          onClick={() => state !== 'writing' && download()}
        >
          Download report
        </button>
      )}
      {link !== null && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            void copyText(link).then((isCopied) => setState(isCopied ? 'copied' : 'refused'));
          }}
        >
          Copy link
        </button>
      )}
      <p role="status">
        {state === 'copied' && 'Copied. The link carries the whole proof, and no key.'}
        {state === 'writing' && 'Writing the report…'}
        {state === 'written' && `${REPORT_NAME} is the same JSON as kapsel-verify --json writes.`}
      </p>
      {state === 'refused' && link !== null && (
        <label className="link-by-hand">
          The link, to copy by hand
          <textarea readOnly rows={3} value={link} />
        </label>
      )}
    </div>
  );
}

const REPORT_NAME = 'kapsel-report.json';
/** Hands a file to the browser's downloads. Its address lives as long as the finding is shown: the browser may be slow. */
function useSaveFile(): (file: Blob) => void {
  const addresses = useRef<string[]>([]);
  useEffect(
    () => () => {
      for (const each of addresses.current) URL.revokeObjectURL(each);
    },
    [],
  );
  return (file) => {
    const anchor = document.createElement('a');
    anchor.href = URL.createObjectURL(file);
    anchor.download = REPORT_NAME;
    addresses.current.push(anchor.href);
    anchor.click();
  };
}

/** Null while it is made, when the proof is too large for one, and where a link would lead nobody else anywhere. */
function useLink({ item, report }: Finding): string | null {
  const [link, setLink] = useState<string | null>(null);
  const bytes = report === null ? null : item.bytes;
  useEffect(() => {
    setLink(null);
    const { origin, pathname, search, protocol } = window.location;
    if (bytes === null || !protocol.startsWith('http')) return;
    let isWanted = true;
    void fragmentFromProof(bytes).then((fragment) => {
      if (isWanted && fragment !== null) setLink(`${origin}${pathname}${search}${fragment}`);
    });
    return () => {
      isWanted = false;
    };
  }, [bytes]);
  return link;
}
