/** One calendar is asked for what it owes an anchor: to take the digest, or for the way into a block. What it answers is judged, never believed. @module */
import type { Anchor, AnchorCalendar } from './anchor.ts';
import { judgeStamp, postedDigest, type RefusedReason, refusalOfPath } from './answers.ts';
import type { Calendar } from './calendar.ts';
import type { CalendarAnswer, CalendarClient } from './calendar-client.ts';
import { type AnchorPace, pathWaitMs, stampWaitMs } from './schedule.ts';

/** What came of a request, for log lines, metrics and the patience with a calendar. */
export interface CalendarNews {
  readonly op: 'stamp' | 'upgrade';
  readonly result: 'ok' | 'waiting' | 'invalid' | 'refused' | 'unreachable';
  /** Why an answer was not taken. */
  readonly refused: RefusedReason | null;
  /** The calendar's own word while it waits, or what was wrong: both harmless in a log line. */
  readonly detail: string;
}

export interface AskDeps {
  readonly client: CalendarClient;
  readonly pace: AnchorPace;
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly onNews: (calendar: Calendar, news: CalendarNews) => void;
}

/** One calendar's part in one anchor, before it is asked. */
interface Question {
  readonly anchor: Anchor;
  readonly part: AnchorCalendar;
  readonly calendar: Calendar;
}

/** The calendar's part as it is after the question. The blocks of a path are not looked at here. Never throws for what a calendar does. */
export async function askCalendar(
  deps: AskDeps,
  anchor: Anchor,
  part: AnchorCalendar,
  calendar: Calendar,
): Promise<AnchorCalendar> {
  const { client } = deps;
  const question = { anchor, part, calendar };
  if (part.question === null) {
    return takeStamp(deps, question, await client.stamp(calendar.url, postedDigest(anchor)));
  }
  const { origin, commitment } = part.question;
  return takePath(deps, question, await client.findPath(origin, commitment));
}

function takeStamp(
  { pace, random, nowMs, onNews }: AskDeps,
  { anchor, part, calendar }: Question,
  answer: CalendarAnswer,
): AnchorCalendar {
  const judged = answer.kind === 'node' ? judgeStamp(anchor, calendar, answer.bytes) : null;
  if (answer.kind === 'node' && judged?.kind === 'usable') {
    onNews(calendar, { op: 'stamp', result: 'ok', refused: null, detail: '' });
    return {
      ...asked(part, null, nowMs() + pathWaitMs(0, pace, random())),
      state: 'pending',
      stampAnswer: answer.bytes,
      question: judged.question,
      attempts: 0,
    };
  }
  const fault = judged?.kind === 'refused' ? invalid(judged.reason) : faultOf(answer);
  onNews(calendar, { op: 'stamp', ...fault });
  const ageMs = nowMs() - part.createdAtMs;
  const waitMs = stampWaitMs(part.attempts + 1, ageMs, pace, random());
  return asked(part, fault.detail, waitMs === null ? null : nowMs() + waitMs);
}

function takePath(
  { pace, random, nowMs, onNews }: AskDeps,
  { anchor, part, calendar }: Question,
  answer: CalendarAnswer,
): AnchorCalendar {
  const nextMs = nowMs() + pathWaitMs(nowMs() - part.createdAtMs, pace, random());
  if (answer.kind === 'waiting') {
    onNews(calendar, { op: 'upgrade', result: 'waiting', refused: null, detail: answer.text });
    return asked(part, part.state === 'refused' ? part.lastError : null, nextMs);
  }
  const reason = answer.kind === 'node' ? refusalOfPath(anchor, part, answer.bytes) : null;
  if (answer.kind === 'node' && reason === null) {
    onNews(calendar, { op: 'upgrade', result: 'ok', refused: null, detail: '' });
    // Not stored as it is: whoever asked looks at the blocks first.
    return { ...asked(part, null, nextMs), state: 'pending', upgradeAnswer: answer.bytes };
  }
  const fault = reason === null ? faultOf(answer) : invalid(reason);
  onNews(calendar, { op: 'upgrade', ...fault });
  return asked(part, fault.detail, nextMs);
}

function asked(
  part: AnchorCalendar,
  lastError: string | null,
  nextCheckMs: number | null,
): AnchorCalendar {
  return { ...part, attempts: part.attempts + 1, lastError, nextCheckMs };
}

type Fault = Omit<CalendarNews, 'op'>;

function invalid(reason: RefusedReason): Fault {
  return { result: 'invalid', refused: reason, detail: reason };
}

function faultOf(answer: CalendarAnswer): Fault {
  switch (answer.kind) {
    case 'too-large':
      return invalid('too-large');
    case 'refused':
      return { result: 'refused', refused: null, detail: `status ${answer.status}` };
    case 'unreachable':
      return { result: 'unreachable', refused: null, detail: answer.error };
    default:
      // A digest that is answered with 404: nobody takes digests there.
      return { result: 'refused', refused: null, detail: 'status 404' };
  }
}
