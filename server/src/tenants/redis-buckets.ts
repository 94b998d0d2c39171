/** Token buckets that all servers share: one atomic script on the clock of Redis; local ones while Redis is away. @module */
import { createHash } from 'node:crypto';
import { createClient } from '@redis/client';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { Secret } from '../base/secret.ts';
import type { Buckets } from './rates.ts';
import { type TokenAnswer, TokenBuckets, type TokenLimit } from './token-bucket.ts';

// What is owed, in thousandths of a token, and when that was so: a millisecond pays `rate` of them. Unlike one time of
// arrival in units of 1/rate, which Redis' clock would carry past 2^53, these stay whole numbers of a double.
// A clock that is set back keeps the debt, which is paid from there on. The key ends when its debt does.
// Written with %.0f: what Lua makes of large numbers by itself is not the same in all versions of Redis.
const TAKE = `
local rate, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000, tonumber(ARGV[3]) * 1000
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local kept = redis.call('HMGET', KEYS[1], 'at', 'owed')
local at, owed = tonumber(kept[1] or now), tonumber(kept[2] or 0)
local passed = math.max(0, now - at)
if passed * rate >= owed then owed = 0 else owed = owed - passed * rate end
local over = owed + cost - burst
if over <= 0 then owed = owed + cost end
redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now), 'owed', string.format('%.0f', owed))
redis.call('PEXPIRE', KEYS[1], math.ceil(owed / rate) + 1000)
if over <= 0 then return 0 end
return math.ceil(over / (rate * 1000))`;
const TAKE_SHA1 = createHash('sha1').update(TAKE).digest('hex');

const PREFIX = 'kapsel:rate:';
/** A request waits no longer than this for Redis, and a bit. */
const ANSWER_MS = 250;
const LOOK_MS = 100;
/** After an answer that did not come, one request a second asks again. */
const AWAY_MS = 1_000;
const CONNECT_MS = 2_000;
const RECONNECT_MS = 500;
const PING_MS = 1_000;
const SILENT_MS = 5_000;
const MAX_WAITING = 20_000;

export interface RedisBucketsDeps {
  readonly url: Secret;
  readonly clock: Clock;
  /** Told of each limit that was judged by this process alone. */
  readonly onFallback: () => void;
  /** Told when Redis goes away, and when it is back. */
  readonly onAway: (error: unknown) => void;
  readonly onBack: () => void;
}

export interface RedisBuckets extends Buckets {
  stop(): Promise<void>;
}

interface Waiting {
  readonly sinceMs: number;
  readonly giveUp: () => void;
}

/** Connects in the background: a server starts also while Redis is away. Throws for a URL that is none. */
export function openRedisBuckets(deps: RedisBucketsDeps): RedisBuckets {
  return new SharedBuckets(deps);
}

/** True for a URL that `openRedisBuckets` takes. */
export function isRedisUrl(url: string): boolean {
  return URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol);
}

class SharedBuckets implements RedisBuckets {
  readonly #deps: RedisBucketsDeps;
  readonly #client;
  readonly #local: TokenBuckets;
  readonly #watch: Loop;
  /** Oldest first. Owned here until Redis answers, or the watch gives up. */
  readonly #waiting = new Set<Waiting>();
  /** Monotonic; while in the future nobody asks Redis. */
  #awayUntilMs = 0;
  /** Null while Redis answers; otherwise whether somebody is finding out if it does again. */
  #away: { isAsking: boolean } | null = null;

  constructor(deps: RedisBucketsDeps) {
    this.#deps = deps;
    this.#local = new TokenBuckets(deps.clock);
    this.#client = createClient({
      url: deps.url.reveal(),
      RESP: 2,
      // What cannot be asked now is answered from here, and is not asked later.
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_WAITING,
      pingInterval: PING_MS,
      socket: {
        connectTimeout: CONNECT_MS,
        socketTimeout: SILENT_MS,
        reconnectStrategy: () => RECONNECT_MS,
      },
    });
    this.#client.on('error', (error: unknown) => this.#goAway(error));
    this.#client.on('ready', () => this.#comeBack());
    // Rejects only when it is closed while it connects; what goes wrong on the way is an event.
    this.#client.connect().catch(() => undefined);
    this.#watch = new Loop({
      clock: deps.clock,
      step: async () => {
        await this.#giveUpOld();
        return LOOK_MS;
      },
      onError: (error) => this.#goAway(error),
    });
  }

  take(key: string, cost: number, limit: TokenLimit): TokenAnswer | Promise<TokenAnswer> {
    if (cost > limit.burst) return { kind: 'impossible' };
    if (!this.#mayAsk()) return this.#takeHere(key, cost, limit);
    return this.#ask(key, cost, limit);
  }

  async stop(): Promise<void> {
    await this.#watch.stop();
    this.#client.destroy();
    for (const { giveUp } of this.#waiting) giveUp();
  }

  #mayAsk(): boolean {
    if (!this.#client.isReady) return false;
    if (this.#away === null) return true;
    if (this.#away.isAsking || this.#deps.clock.monotonicMs() < this.#awayUntilMs) return false;
    this.#away.isAsking = true;
    return true;
  }

  #takeHere(key: string, cost: number, limit: TokenLimit): TokenAnswer {
    this.#deps.onFallback();
    return this.#local.take(key, cost, limit);
  }

  // Never rejects: an error, or no answer in time, is answered from here.
  #ask(key: string, cost: number, limit: TokenLimit): Promise<TokenAnswer> {
    return new Promise((resolve) => {
      const fallBack = (error: unknown): void => {
        if (!this.#waiting.delete(waiting)) return;
        this.#goAway(error);
        resolve(this.#takeHere(key, cost, limit));
      };
      const waiting: Waiting = {
        sinceMs: this.#deps.clock.monotonicMs(),
        giveUp: () => fallBack(new Error(`no answer of Redis within ${ANSWER_MS} ms`)),
      };
      this.#waiting.add(waiting);
      this.#run(key, cost, limit).then((retryAfterS) => {
        // Late, its token is gone all the same: that errs on the side of the limit.
        if (!this.#waiting.delete(waiting)) return;
        this.#comeBack();
        resolve(retryAfterS === 0 ? { kind: 'taken' } : { kind: 'refused', retryAfterS });
      }, fallBack);
    });
  }

  async #run(key: string, cost: number, limit: TokenLimit): Promise<number> {
    const rest = ['1', PREFIX + key, `${limit.ratePerS}`, `${limit.burst}`, `${cost}`];
    const reply = await this.#client
      .sendCommand(['EVALSHA', TAKE_SHA1, ...rest])
      .catch((error: unknown) => {
        // A Redis that was restarted has forgotten the script.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return this.#client.sendCommand(['EVAL', TAKE, ...rest]);
      });
    if (typeof reply === 'number' && Number.isSafeInteger(reply) && reply >= 0) return reply;
    throw new Error('Redis answered the script with something else');
  }

  async #giveUpOld(): Promise<void> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonicMs() - ANSWER_MS;
    const [oldest] = this.#waiting;
    if (oldest === undefined || oldest.sinceMs > untilMs) return;
    // If it was this process that stood still, answers are there and unread: one turn of the event loop reads them.
    await clock.sleep(0);
    for (const waiting of this.#waiting) {
      if (waiting.sinceMs > untilMs) break;
      waiting.giveUp();
    }
  }

  #goAway(error: unknown): void {
    this.#awayUntilMs = this.#deps.clock.monotonicMs() + AWAY_MS;
    if (this.#away === null) this.#deps.onAway(error);
    this.#away = { isAsking: false };
  }

  #comeBack(): void {
    if (this.#away !== null) this.#deps.onBack();
    this.#away = null;
  }
}
