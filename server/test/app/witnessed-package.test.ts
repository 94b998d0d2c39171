/** The whole server with witnesses: a delivered webhook, and the package that three parties signed for. @module */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromHex, parseWitnessPolicy, verifyProofPackage } from '@kapsel/verification';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { type App, startApp } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readConfig } from '../../src/base/config.ts';
import { openJournal } from '../support/journal.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { openWitness, type TestWitness } from '../support/witness.ts';
import { policyText } from '../support/witness-policy.ts';

let database: TestDatabase;
let folder: string;
let witnesses: TestWitness[];
let receiver: Receiver;
let app: App;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-witnessed-'));
  witnesses = await Promise.all(['a', 'b', 'c'].map((name) => openWitness(`${name}.example`)));
  receiver = await openReceiver();
  const policy = join(folder, 'witnesses.policy');
  await writeFile(policy, policyText(witnesses, 2));
  app = await startApp({
    config: readConfig({
      KAPSEL_DATA: folder,
      KAPSEL_PORT: '0',
      KAPSEL_EGRESS_ALLOW: '127.0.0.1',
      KAPSEL_ALLOW_HTTP: '1',
      KAPSEL_HEAD_INTERVAL_MS: '100',
      KAPSEL_SEQUENCE_INTERVAL_MS: '10',
      KAPSEL_UNSAFE_DURABILITY: '1',
      KAPSEL_WITNESS_POLICY: policy,
      KAPSEL_WITNESS_INTERVAL_MS: '100',
    }),
    connectionString: database.connectionString,
    clock: systemClock,
    logger: openJournal(),
    random: () => 0,
  });
});
afterEach(async () => {
  await app.stop();
  await receiver.close();
  for (const witness of witnesses) await witness.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: string): Promise<Response> {
  return fetch(app.url + path, {
    method,
    headers: { authorization: `Bearer ${app.firstApiKey}` },
    ...(body === undefined ? {} : { body }),
  });
}

async function deliverOne(): Promise<string> {
  const made = await call('POST', '/v1/endpoints', JSON.stringify({ url: receiver.url }));
  const { id } = (await made.json()) as { id: string };
  const accepted = await call('POST', `/ingest/${id}`, 'hello');
  const { event_id: eventId } = (await accepted.json()) as { event_id: string };
  return eventId;
}

async function witnessedPackageOf(eventId: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const event = await call('GET', `/v1/events/${eventId}`);
      const { attempts } = (await event.json()) as { attempts: { proof_url: string }[] };
      const proof = await call('GET', `${attempts[0]?.proof_url ?? '/none'}?witnessed=require`);
      expect(proof.status).toBe(200);
      return proof.text();
    },
    { interval: 20, timeout: 15_000 },
  );
}

it('gives a package that fulfils the quorum of the witnesses that signed, and no larger one', async () => {
  if (app.publicKey === null) throw new TypeError('the log has no key');
  const publicKey = bytesFromHex(app.publicKey);
  // The third witness does not know the log.
  for (const witness of witnesses.slice(0, 2)) witness.trust(app.origin, publicKey);
  const text = await witnessedPackageOf(await deliverOne());
  const verdictOf = (quorum: number): string => {
    const policy = parseWitnessPolicy(policyText(witnesses, quorum));
    const trust = { keys: [{ publicKey, name: null }], policy };
    return verifyProofPackage(text, trust, { nowMs: systemClock.nowMs() + 1_000 }).verdict;
  };
  expect([verdictOf(1), verdictOf(2), verdictOf(3)]).toEqual(['verified', 'verified', 'untrusted']);
});
