/** A run of many kills at random moments, which the number that is printed with it brings back. @module */
import { type ChaosSite, openChaosSite } from './chaos-site.ts';
import type { CheckedLog } from './check-log.ts';

export interface Soak {
  readonly kills: number;
  /** Ends before the number of kills is reached. */
  readonly deadlineMs: number;
  /** Of the random moments; another one with each run unless it is given. */
  readonly seed: number;
}

export interface SoakResult {
  readonly kills: number;
  readonly duringStart: number;
  readonly events: number;
  readonly checked: CheckedLog;
}

/** A kill comes at the latest after so many messages between server and database. */
const MOST_MESSAGES = 600;
/** So many of the kills may fall into a start. */
const START_SHARE = 0.2;

/** `KAPSEL_CHAOS_SEED`, or one that nobody chose. */
export function chosenSeed(env: Readonly<Record<string, string | undefined>>): number {
  const given = Number(env.KAPSEL_CHAOS_SEED);
  return Number.isSafeInteger(given) && given > 0 ? given : (Date.now() % 2 ** 31) + 1;
}

export async function soak(connectionString: string, order: Soak): Promise<SoakResult> {
  const site = await openChaosSite(connectionString);
  try {
    return await run(site, order);
  } finally {
    await site.close();
  }
}

async function run(site: ChaosSite, { kills, deadlineMs, seed }: Soak): Promise<SoakResult> {
  const random = mulberry32(seed);
  const untilMs = performance.now() + deadlineMs;
  const stopped = new AbortController();
  await (await site.start())?.end();
  // Whoever waits for this hears of its failure; until then it must not count as unheard.
  const sending = site.keepSending(3, stopped.signal);
  sending.catch(() => undefined);
  let [killed, duringStart] = [0, 0];
  while (killed < kills && performance.now() < untilMs) {
    const duringThisStart = random() < START_SHARE;
    const count = 1 + Math.floor(random() * MOST_MESSAGES);
    let kill = (): void => undefined;
    const arm = (): Promise<void> =>
      new Promise((resolve) => {
        site.proxy.arm({ kind: 'message', count }, () => {
          kill();
          resolve();
        });
      });
    const early = duringThisStart ? arm() : null;
    const server = await site.start({}, (end) => {
      kill = end;
    });
    if (server === null) duringStart += 1;
    else await site.remember().catch(() => undefined); // killed meanwhile
    await (early ?? arm());
    await server?.ended;
    killed += 1;
  }
  site.proxy.disarm();
  await site.letTimePass();
  const last = await site.start();
  stopped.abort();
  await sending;
  await site.allEnded();
  await last?.end();
  const checked = await site.check();
  return { kills: killed, duringStart, events: site.accepted.size, checked };
}

/** A small generator of numbers that come again with the same seed. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
