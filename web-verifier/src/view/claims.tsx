/** What the leaf says about the delivery attempt; greyed and called "claimed" unless the proof was verified. @module */
import { type Claims, deliveryLines, escapeForDisplay, type Report } from '@kapsel/verification';
import type { ReactElement, ReactNode } from 'react';
import { localFromUtc, utcFromMs } from '../display-time.ts';
import { Hash } from './hash.tsx';

interface LeafClaimsProps {
  readonly report: Report;
}

export function LeafClaims({ report }: LeafClaimsProps): ReactElement | null {
  const { claims, tree } = report;
  if (claims === null) return null;
  const lines = deliveryLines(report);
  return (
    <section
      className={claims.authenticated ? 'panel claims' : 'panel claims claimed'}
      aria-labelledby="claims-heading"
    >
      <h2 id="claims-heading">
        What this leaf says
        {!claims.authenticated && <span className="tag">claimed, not verified</span>}
      </h2>
      {lines && (
        <p className="lead">
          {lines.delivered}
          <br />
          {lines.status}
        </p>
      )}
      <dl className="facts">
        <Fact name="Started">
          <Moment utc={claims.attemptedAt} />
        </Fact>
        <Fact name="Finished">
          {claims.completedAt === null ? 'not known' : <Moment utc={claims.completedAt} />}
        </Fact>
        <Fact name="Outcome">{outcomeText(claims)}</Fact>
        <Fact name="Attempt">{claims.attemptNumber}</Fact>
        <Fact name="Payload">
          {claims.payloadSize.toLocaleString('en')} bytes, SHA-256
          <br />
          <Hash value={claims.payloadHash} name="payload hash" />
        </Fact>
        <Fact name="Attempt id">
          <code className="text">{escapeForDisplay(claims.deliveryAttemptId)}</code>
        </Fact>
        <Fact name="Event id">
          <code className="text">{escapeForDisplay(claims.eventId)}</code>
        </Fact>
        <Fact name="Endpoint id">
          <code className="text">{escapeForDisplay(claims.endpointId)}</code>
        </Fact>
        {tree && (
          <>
            <Fact name="Log">
              <code className="text">{escapeForDisplay(tree.log)}</code>
            </Fact>
            <Fact name="Position">
              leaf {tree.leafIndex} in a tree of {tree.treeSize}, counted from 0
            </Fact>
            <Fact name="Tree signed">
              <Moment utc={utcFromMs(tree.timestampMs)} />
            </Fact>
          </>
        )}
      </dl>
    </section>
  );
}

function Fact(props: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Moment({ utc }: { readonly utc: string }): ReactElement {
  const local = localFromUtc(utc);
  return (
    <>
      <code className="text">{escapeForDisplay(utc.replace('.000Z', 'Z'))}</code>
      {local !== null && <span className="muted"> ({local})</span>}
    </>
  );
}

function outcomeText({ outcome, responseStatus, error }: Claims): string {
  const status = responseStatus === null ? '' : `, HTTP ${responseStatus}`;
  const reason = error === null ? '' : `, ${escapeForDisplay(error)}`;
  return `${outcome}${status}${reason}`;
}
