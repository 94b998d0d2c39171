/** `kapsel-server retention`: how long each partition is kept, and what would be detached or dropped now; changes nothing. @module */
import { systemClock, timeFromMs } from '../base/clock.ts';
import { planRetention, type RetentionRules, retentionRules } from '../db/partition-keeper.ts';
import { listPartitions } from '../db/partitions.ts';
import type { Db } from '../db/transaction.ts';
import { type Command, JSON_OPTION } from './command.ts';
import { openCommandPool } from './command-pool.ts';

const DAY_MS = 86_400_000;

export const retentionCommand: Command = {
  words: 'retention',
  help: 'show how long each partition is kept, and what servers will detach or drop; changes nothing',
  options: { json: JSON_OPTION },
  async run({ config, print, note }, input) {
    const { pool, close } = await openCommandPool(config, note);
    try {
      const rows = await describeRetention(pool, retentionRules(config), systemClock.nowMs());
      if (input.flag('json')) print(JSON.stringify(rows));
      else for (const row of rows) print(lineOf(row));
    } finally {
      await close();
    }
    return undefined;
  },
};

interface RetentionJson {
  readonly partition: string;
  /** `keep` and `detached` until `due_at`; `needed` is past it, and something still needs it. */
  readonly action: 'keep' | 'needed' | 'detach' | 'detached' | 'drop';
  readonly due_at: string;
  readonly reason: string | null;
}

async function describeRetention(
  db: Db,
  rules: RetentionRules,
  nowMs: number,
): Promise<RetentionJson[]> {
  const { detach, kept, detached } = await planRetention(db, rules, nowMs);
  const due = new Set(detach.map(({ name }) => name));
  const reasons = new Map(kept.map(({ partition, hindrance }) => [partition.name, hindrance]));
  const attached = (await listPartitions(db)).map(({ name, parent, untilMs }): RetentionJson => {
    const reason = reasons.get(name) ?? null;
    return {
      partition: name,
      action: reason !== null ? 'needed' : due.has(name) ? 'detach' : 'keep',
      due_at: timeFromMs(untilMs + rules.retainDays[parent] * DAY_MS),
      reason,
    };
  });
  const graceMs = rules.dropPayloadsDays * DAY_MS;
  const leaving = detached.map(
    ({ name, detachedAtMs, isOver }): RetentionJson => ({
      partition: name,
      action: isOver ? 'drop' : 'detached',
      due_at: timeFromMs((detachedAtMs ?? nowMs) + graceMs),
      reason: null,
    }),
  );
  return [...leaving, ...attached];
}

function lineOf({ partition, action, due_at: dueAt, reason }: RetentionJson): string {
  const words = {
    keep: `kept until ${dueAt}`,
    needed: `kept although due since ${dueAt}: ${reason}`,
    detached: `detached, dropped after ${dueAt}`,
    detach: `detached with the next round, due since ${dueAt}`,
    drop: `dropped with the next round, due since ${dueAt}`,
  };
  return `${partition}  ${words[action]}`;
}
