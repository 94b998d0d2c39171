/** One result from top to bottom: verdict, claims, checks, ladder, what it proves. @module */
import type { PublicKey } from '@kapsel/verification';
import type { ReactElement, Ref } from 'react';
import type { Finding } from '../finding.ts';
import { LeafClaims } from './claims.tsx';
import { Ladder } from './ladder.tsx';
import { Proves } from './proves.tsx';
import { Steps } from './steps.tsx';
import { VerdictBand } from './verdict-band.tsx';

interface FindingDetailProps {
  readonly finding: Finding;
  readonly headingRef: Ref<HTMLHeadingElement>;
  readonly keysPinned: number;
  readonly onPin: (key: PublicKey) => void;
}

export function FindingDetail(props: FindingDetailProps): ReactElement {
  const { report, verdict } = props.finding;
  return (
    <article aria-labelledby="verdict">
      <VerdictBand {...props} />
      {report && (
        <>
          <LeafClaims report={report} />
          <Steps report={report} />
          <Ladder report={report} />
          {report.claims && <Proves verdict={verdict} />}
        </>
      )}
    </article>
  );
}
