/** The page: keys and files in, findings out. It checks; it never signs, edits or sends. @module */
import type { PublicKey } from '@kapsel/verification';
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { type Finding, findingFromEntry } from './finding.ts';
import { type Entry, entryFromText, MAX_FILES, readEntry } from './read-files.ts';
import { keyFromFragment, trustFromKeys, withKey, withoutKey } from './trusted-keys.ts';
import { DropArea } from './view/drop-area.tsx';
import { FindingDetail } from './view/finding-detail.tsx';
import { KeyBar } from './view/key-bar.tsx';
import { PageFooter, PageHeader } from './view/page-frame.tsx';
import { ResultList } from './view/result-list.tsx';
import { summaryOfFindings } from './words.ts';

interface AppProps {
  /** The clock: a head far in the future is refused. */
  readonly nowMs: () => number;
}

interface Progress {
  readonly done: number;
  readonly total: number;
}

export function App({ nowMs }: AppProps): ReactElement {
  const [keys, setKeys] = useState<readonly PublicKey[]>([]);
  const [choice, setChoice] = useState<number | null>(null);
  const { entries, leftOut, progress, readFiles, takeText, forget } = useEntries(() =>
    setChoice(null),
  );
  const linkKey = useLinkKey();
  const findings = useMemo(
    () => entries.map((entry) => findingFromEntry(entry, trustFromKeys(keys), nowMs())),
    [entries, keys, nowMs],
  );
  const chosen = choice ?? firstToLookAt(findings);
  const finding = findings[chosen];
  const heading = useFocusAfterRun(findings, progress);

  function pin(key: PublicKey): void {
    setKeys(withKey(keys, key));
    // A dropped key file has done its duty once the key is pinned.
    const spent = findings.filter(
      ({ other }) => other?.kind === 'public-key' && other.key.keyId === key.keyId,
    );
    if (spent.length > 0) forget(spent.map(({ entry }) => entry));
  }

  return (
    <>
      <PageHeader />
      <main>
        <KeyBar
          keys={keys}
          linkKey={linkKey}
          onPin={pin}
          onRemove={(keyId) => setKeys(withoutKey(keys, keyId))}
        />
        <DropArea compact={findings.length > 0} onFiles={readFiles} onText={takeText}>
          {progress && <Reading progress={progress} />}
          {leftOut > 0 && <LeftOut count={leftOut} />}
        </DropArea>
        <p role="status" className="visually-hidden">
          {!progress && findings.length > 0 && summaryOfFindings(findings)}
        </p>
        {findings.length > 1 && (
          <ResultList findings={findings} chosen={chosen} onChoose={setChoice} />
        )}
        {finding && (
          <FindingDetail
            key={`${finding.entry.id}-${finding.verdict}`}
            finding={finding}
            headingRef={heading}
            keysPinned={keys.length}
            onPin={pin}
          />
        )}
      </main>
      <PageFooter />
    </>
  );
}

/** What needs a person's eyes first: the first result that is not verified. */
function firstToLookAt(findings: readonly Finding[]): number {
  return Math.max(
    0,
    findings.findIndex(({ verdict }) => verdict !== 'verified'),
  );
}

function Reading({ progress }: { readonly progress: Progress }): ReactElement {
  const { done, total } = progress;
  return (
    <p className="reading">
      <label>
        Reading {done} of {total} <progress value={done} max={total} />
      </label>
    </p>
  );
}

function LeftOut({ count }: { readonly count: number }): ReactElement {
  return (
    <p role="alert" className="fault">
      This page checks {MAX_FILES} files at a time: {count} more were left out. The command line
      program has no such limit.
    </p>
  );
}

interface Entries {
  readonly entries: readonly Entry[];
  /** How many files were beyond the limit. */
  readonly leftOut: number;
  readonly progress: Progress | null;
  readonly readFiles: (files: readonly File[]) => void;
  readonly takeText: (text: string) => void;
  readonly forget: (entries: readonly Entry[]) => void;
}

/** What was dropped, chosen or pasted last. A later run replaces an earlier one, also while that is still reading. */
function useEntries(onChange: () => void): Entries {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [leftOut, setLeftOut] = useState(0);
  const [progress, setProgress] = useState<Progress | null>(null);
  const run = useRef(0);
  const lastId = useRef(0);

  function nextId(): number {
    lastId.current += 1;
    return lastId.current;
  }

  async function readAll(files: readonly File[]): Promise<void> {
    run.current += 1;
    const own = run.current;
    const taken = files.slice(0, MAX_FILES);
    const found: Entry[] = [];
    for (const file of taken) {
      setProgress({ done: found.length, total: taken.length });
      found.push(await readEntry(nextId(), file));
      if (run.current !== own) return;
    }
    replace(found);
    setLeftOut(files.length - taken.length);
  }

  function replace(found: readonly Entry[]): void {
    setProgress(null);
    setLeftOut(0);
    setEntries(found);
    onChange();
  }

  return {
    entries,
    leftOut,
    progress,
    readFiles: (files) => {
      // readEntry turns every failure into an entry, so nothing is lost here.
      if (files.length > 0) void readAll(files);
    },
    takeText: (text) => {
      run.current += 1;
      replace([entryFromText(nextId(), 'pasted text', text)]);
    },
    forget: (spent) => replace(entries.filter((entry) => !spent.includes(entry))),
  };
}

/** The key in the address, also when it changes while the page is open. */
function useLinkKey(): PublicKey | null {
  const [fragment, setFragment] = useState(() => window.location.hash);
  useEffect(() => {
    const follow = (): void => setFragment(window.location.hash);
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return useMemo(() => keyFromFragment(fragment), [fragment]);
}

/** Moves the focus to the verdict once per run: new files, or another set of keys. */
function useFocusAfterRun(
  findings: readonly Finding[],
  progress: Progress | null,
): React.RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (findings.length > 0 && progress === null) heading.current?.focus();
  }, [findings, progress]);
  return heading;
}
