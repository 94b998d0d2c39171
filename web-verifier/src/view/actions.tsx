/** What can be done with a finding: print it, or copy a link that carries the proof. @module */
import { type ReactElement, useEffect, useState } from 'react';
import type { Finding } from '../finding.ts';
import { fragmentFromProof } from '../proof-link.ts';

export function Actions({ finding }: { readonly finding: Finding }): ReactElement {
  const link = useLink(finding);
  const [copied, setCopied] = useState<'yes' | 'refused' | null>(null);

  function copy(text: string): void {
    // The browser may refuse; then the link is shown, to be copied by hand.
    navigator.clipboard.writeText(text).then(
      () => setCopied('yes'),
      () => setCopied('refused'),
    );
  }

  return (
    <div className="actions">
      <button type="button" className="quiet" onClick={() => window.print()}>
        Print
      </button>
      {link !== null && (
        <button type="button" className="quiet" onClick={() => copy(link)}>
          Copy link
        </button>
      )}
      <p role="status">
        {copied === 'yes' && 'Copied. The link carries the whole proof, and no key.'}
      </p>
      {copied === 'refused' && link !== null && (
        <label className="link-by-hand">
          The link, to copy by hand
          <textarea readOnly rows={3} value={link} />
        </label>
      )}
    </div>
  );
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
