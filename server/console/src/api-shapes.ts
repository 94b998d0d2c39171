/** What the API answers, in the types that are generated from its document; the page has none of its own. @module */
import type { ApiKey, Operations } from '@kapsel/client';

export type {
  ApiKey,
  ApiKeyWithSecret,
  DeliveryAttempt,
  Endpoint,
  EndpointWithSecret,
  Event,
  EventList,
  EventSummary,
  Replay,
  Stats,
} from '@kapsel/client';

export type Scope = ApiKey['scopes'][number];
export type AnchorList = Operations['listAnchors']['answer'];
export type Anchor = AnchorList['anchors'][number];
export type WholeAnchor = Operations['getAnchor']['answer'];
export type ApiKeyList = Operations['listApiKeys']['answer'];
export type EndpointList = Operations['listEndpoints']['answer'];
export type LogKeys = Operations['getLogKeys']['answer'];
export type TreeHead = Operations['getTreeHead']['answer'];
export type ConsoleSession = Operations['getConsoleSession']['answer'];
export type Session = NonNullable<ConsoleSession['session']>;
