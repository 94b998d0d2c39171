/** One result from top to bottom: verdict, claims, checks, ladder, what it proves. @module */
import type { HeaderEvidence, PublicKey } from '@kapsel/verification';
import type { ReactElement, Ref } from 'react';
import { utcFromMs } from '../display-time.ts';
import type { Finding } from '../finding.ts';
import { HEADS_WORDS } from '../words.ts';
import { Actions } from './actions.tsx';
import { AnchorCard } from './anchor-card.tsx';
import { LeafClaims } from './claims.tsx';
import { ComparedHeads } from './compared-heads.tsx';
import { Ladder } from './ladder.tsx';
import { Proves } from './proves.tsx';
import { Steps } from './steps.tsx';
import { VerdictBand } from './verdict-band.tsx';

interface FindingDetailProps {
  readonly finding: Finding;
  readonly headingRef: Ref<HTMLHeadingElement>;
  readonly keysPinned: number;
  readonly isSample: boolean;
  readonly onPin: (key: PublicKey) => void;
  readonly headers: readonly HeaderEvidence[];
  readonly onHeader: (header: HeaderEvidence) => void;
  readonly onForget: (height: number) => void;
  /** Hands out the report of the run; null where there is none to give. */
  readonly onReport: ((onFile: (file: Blob) => void) => void) | null;
}

export function FindingDetail(props: FindingDetailProps): ReactElement {
  const { report, comparison } = props.finding;
  return (
    <article aria-labelledby="verdict">
      <VerdictBand {...props} />
      <p className="print-only">
        Checked at {utcFromMs(props.finding.checkedAtMs)} with the Kapsel page {__PAGE_VERSION__}.
      </p>
      {/* The report of a run is of packages; two heads are none. */}
      <Actions finding={props.finding} onReport={comparison === null ? props.onReport : null} />
      {report && (
        <>
          <LeafClaims report={report} />
          <Steps report={report} />
          <Ladder report={report} />
          <AnchorCard {...props} report={report} />
          {report.claims && <Proves report={report} />}
        </>
      )}
      {comparison && (
        <>
          <ComparedHeads report={comparison} />
          <Steps report={{ checks: comparison.checks, steps: [] }} words={HEADS_WORDS} />
        </>
      )}
    </article>
  );
}
