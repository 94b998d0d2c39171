/** The page: keys and files in, findings out. It checks; it never signs, edits or sends. @module */
import type { HeaderEvidence, PublicKey } from '@kapsel/verification';
import {
  type ReactElement,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { Checks, type ChecksView } from './checks.ts';
import {
  openMemory,
  rememberedKeys,
  rememberedLook,
  rememberKeys,
  rememberLook,
} from './device-memory.ts';
import type { Finding, Result } from './finding.ts';
import { heightOfHeader } from './grounds.ts';
import type { Source } from './item.ts';
import { openForPrint } from './print-view.ts';
import { sourceFromFragment } from './proof-link.ts';
import { type Break, SAMPLE_KEY, sampleSource } from './sample.ts';
import { sourceFromText } from './sources.ts';
import { keyFromFragment, withKey, withoutKey } from './trusted-keys.ts';
import { DropArea } from './view/drop-area.tsx';
import { FindingDetail } from './view/finding-detail.tsx';
import { KeyBar } from './view/key-bar.tsx';
import { PageFooter, PageHeader } from './view/page-frame.tsx';
import { ResultList } from './view/result-list.tsx';
import { RunNotices, RunProgress } from './view/run-state.tsx';
import { SampleBar } from './view/sample-bar.tsx';
import { summaryOfResults } from './words.ts';

interface AppProps {
  /** The clock: a head far in the future is refused. */
  readonly nowMs: () => number;
}

export function App({ nowMs }: AppProps): ReactElement {
  const { keys, setKeys, remembering, look, setLook } = useDevice();
  const linkKey = useLinkKey();
  const [checks] = useState(() => new Checks(nowMs));
  const [sample, setSample] = useState<{ readonly changed: Break | null } | null>(null);
  const isSample = sample !== null;
  const [headers, setHeaders] = useState<readonly HeaderEvidence[]>([]);
  useEffect(
    () => checks.trust(isSample ? SAMPLE_KEYS : keys, headers),
    [checks, keys, headers, isSample],
  );
  const view = useSyncExternalStore(checks.watch, checks.view);
  const { results, progress, end } = view;
  useProofInLink(check);
  useEffect(() => openForPrint(window), []);
  const [choice, setChoice] = useState<number | null>(null);
  const chosen = results.find(({ id }) => id === choice) ?? firstToLookAt(results);
  const finding = useShown(chosen, checks, view);
  const heading = useFocusAfterRun(finding, view.runsEnded);

  function pin(key: PublicKey): void {
    setKeys(withKey(keys, key));
    // A dropped key file has done its duty once the key is pinned.
    const spent = results.filter(({ pinnable }) => pinnable === key.keyId);
    if (spent.length > 0) checks.forget(spent.map(({ id }) => id));
  }

  function check(sources: readonly Source[]): void {
    setChoice(null);
    setSample(null);
    checks.trust(keys, headers);
    checks.check(sources);
  }

  function trySample(changed: Break | null): void {
    setChoice(null);
    setSample({ changed });
    checks.trust(SAMPLE_KEYS, headers);
    checks.check([sampleSource(changed)]);
  }

  function leaveSample(): void {
    setSample(null);
    checks.clear();
  }

  return (
    <>
      <PageHeader isEmbedded={isEmbedded()} look={look} onLook={setLook} />
      <main>
        <KeyBar
          keys={keys}
          linkKey={linkKey}
          onPin={pin}
          onRemove={(keyId) => setKeys(withoutKey(keys, keyId))}
          remembering={remembering}
        />
        <DropArea
          compact={results.length > 0}
          onSources={check}
          onText={(text) => check([sourceFromText(text)])}
          onSample={() => trySample(null)}
        >
          {progress && <RunProgress progress={progress} onCancel={() => checks.cancel()} />}
          <RunNotices
            results={results}
            end={progress === null ? end : null}
            isWorkerLost={view.isWorkerLost}
          />
        </DropArea>
        {sample && <SampleBar {...sample} onBreak={trySample} onLeave={leaveSample} />}
        <p role="status" className="visually-hidden">
          {progress === null && results.length > 0 && summaryOfResults(results)}
        </p>
        {results.length > 1 && (
          <ResultList results={results} chosen={chosen?.id ?? 0} onChoose={setChoice} />
        )}
        {finding && (
          <FindingDetail
            key={`${finding.item.id}-${view.runsEnded}`}
            finding={finding}
            headingRef={heading}
            keysPinned={isSample ? 1 : keys.length}
            isSample={isSample}
            onPin={pin}
            headers={headers}
            onHeader={(header) => setHeaders([...headers, header])}
            onForget={(height) =>
              setHeaders(headers.filter((header) => heightOfHeader(header) !== height))
            }
            // A sample is nobody's proof, so there is no report of it.
            onReport={isSample ? null : (onFile) => checks.report(toolOfPage(), onFile)}
          />
        )}
      </main>
      <PageFooter />
    </>
  );
}

const SAMPLE_KEYS = [SAMPLE_KEY];

/** How a report names this page. */
function toolOfPage() {
  const runtime = navigator.userAgent;
  return { name: 'kapsel-verify.html', version: __PAGE_VERSION__, commit: null, runtime };
}

/** What the device may remember between two visits: the keys, when the person says so, and the look. */
function useDevice() {
  const [memory] = useState(() => (isEmbedded() ? null : openMemory(() => window.localStorage)));
  const [keys, setKeys] = useState(() => rememberedKeys(memory));
  const [isOn, setOn] = useState(keys.length > 0);
  const [look, setLook] = useState(() => rememberedLook(memory));
  // Before the next picture: a page that is left right after the click has it.
  useLayoutEffect(() => {
    if (memory !== null && !rememberKeys(memory, isOn ? keys : [])) setOn(false);
  }, [memory, isOn, keys]);
  useLayoutEffect(() => {
    document.documentElement.dataset.look = look;
    rememberLook(memory, look);
  }, [memory, look]);
  return {
    keys,
    setKeys,
    remembering: memory === null ? null : { isOn, onChange: setOn },
    look,
    setLook,
  };
}

/** In a frame the page belongs to somebody else's: what a person pinned is not shown there. */
function isEmbedded(): boolean {
  return window.top !== window.self;
}

/** What needs a person's eyes first: the first result that is not verified. */
function firstToLookAt(results: readonly Result[]): Result | null {
  return results.find(({ verdict }) => verdict !== 'verified') ?? results[0] ?? null;
}

/** All that is known about the chosen result, asked for when it becomes the chosen one. */
function useShown(
  chosen: Result | null,
  checks: Checks,
  { finding, runsEnded }: ChecksView,
): Finding | null {
  const id = chosen?.id ?? null;
  useEffect(() => {
    if (id !== null && runsEnded > 0) checks.show(id);
  }, [checks, id, runsEnded]);
  return finding !== null && finding.item.id === id ? finding : null;
}

/** Checks the proof in the address, also when another one comes while the page is open. */
function useProofInLink(check: (sources: readonly Source[]) => void): void {
  const newest = useRef(check);
  useEffect(() => {
    newest.current = check;
  });
  useEffect(() => {
    const follow = (): void => {
      // Never rejects: a link that cannot be read is a source that cannot be read.
      void sourceFromFragment(window.location.hash).then((source) => {
        if (source !== null) newest.current([source]);
      });
    };
    follow();
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
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
  finding: Finding | null,
  runsEnded: number,
): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const focused = useRef(0);
  useEffect(() => {
    if (finding === null || focused.current === runsEnded) return;
    focused.current = runsEnded;
    heading.current?.focus();
  }, [finding, runsEnded]);
  return heading;
}
