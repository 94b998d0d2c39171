/** One result from top to bottom: verdict, claims, checks, ladder, what it proves. @module */
import type { PublicKey } from '@kapsel/verification';
import type { ReactElement, Ref } from 'react';
import { utcFromMs } from '../display-time.ts';
import type { Finding } from '../finding.ts';
import { HEADS_WORDS } from '../words.ts';
import { Actions } from './actions.tsx';
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
}

export function FindingDetail(props: FindingDetailProps): ReactElement {
  const { report, verdict, comparison } = props.finding;
  return (
    <article aria-labelledby="verdict">
      <VerdictBand {...props} />
      <p className="print-only">
        Checked at {utcFromMs(props.finding.checkedAtMs)} with the Kapsel page {__PAGE_VERSION__}.
      </p>
      <Actions finding={props.finding} />
      {report && (
        <>
          <LeafClaims report={report} />
          <Steps report={report} />
          <Ladder report={report} />
          {report.claims && <Proves verdict={verdict} />}
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
