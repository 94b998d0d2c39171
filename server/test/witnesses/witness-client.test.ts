/** Requests to witnesses over real sockets: one deadline, a bound, no redirects, and never a throw. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createWitnessClient, type WitnessClient } from '../../src/witnesses/witness-client.ts';
import { type Answer, openWitness, sizeConflict, type TestWitness } from '../support/witness.ts';

let witness: TestWitness;
let client: WitnessClient;
beforeAll(async () => {
  witness = await openWitness('w.example');
  client = createWitnessClient(2_000);
});
afterEach(() => {
  witness.misbehave = () => null;
});
afterAll(async () => {
  await client.close();
  await witness.close();
});

async function answered(answer: Answer) {
  witness.misbehave = () => answer;
  return client.addCheckpoint(witness.url, 'old 0\n\nnote\n');
}

describe('addCheckpoint', () => {
  it('posts the body to the prefix, and answers the text', async () => {
    let path = '';
    witness.misbehave = (request) => {
      path = request.path;
      return { status: 200, body: 'lines\n' };
    };
    const prefix = `${witness.url}/some/prefix`;
    expect(await client.addCheckpoint(prefix, 'old 0\n\nnote\n')).toEqual({
      kind: 'text',
      text: 'lines\n',
    });
    expect(path).toBe('/some/prefix/add-checkpoint');
  });

  it('reads the size of a 409', async () => {
    expect(await answered(sizeConflict(12))).toEqual({ kind: 'size', size: 12n });
    const charset = { 'content-type': 'Text/X.Tlog.Size; charset=utf-8' };
    expect(await answered({ status: 409, headers: charset, body: '12\n' })).toEqual({
      kind: 'size',
      size: 12n,
    });
    expect(await answered(sizeConflict('twelve'))).toEqual({ kind: 'invalid', reason: 'size' });
    expect(await answered({ status: 409, body: '12\n' })).toEqual({ kind: 'refused', status: 409 });
  });

  it.each([201, 204, 400, 403, 404, 422, 429, 500, 503])('answers %i as it is', async (status) => {
    expect(await answered({ status })).toEqual({ kind: 'refused', status });
  });

  it('follows no redirect', async () => {
    const paths: string[] = [];
    witness.misbehave = ({ path }) => {
      paths.push(path);
      return { status: 307, headers: { location: `${witness.url}/elsewhere` } };
    };
    const answer = await client.addCheckpoint(witness.url, '');
    expect(answer).toEqual({ kind: 'refused', status: 307 });
    expect(paths).toEqual(['/add-checkpoint']);
  });

  it('reads no more than 64 KiB, and nothing but text', async () => {
    const most = 'x'.repeat(65_536);
    expect(await answered({ status: 200, body: most })).toEqual({ kind: 'text', text: most });
    expect(await answered({ status: 200, body: `${most}x` })).toEqual({
      kind: 'invalid',
      reason: 'too-large',
    });
  });

  it('gives up at its deadline', async () => {
    const hasty = createWitnessClient(100);
    witness.misbehave = () => new Promise(() => undefined);
    expect(await hasty.addCheckpoint(witness.url, '')).toMatchObject({ kind: 'unreachable' });
    await hasty.close();
  });

  it('answers that nobody is there', async () => {
    const gone = await openWitness('gone.example');
    await gone.close();
    expect(await client.addCheckpoint(gone.url, '')).toMatchObject({ kind: 'unreachable' });
  });

  it('ends what is in flight when it is closed', async () => {
    const other = createWitnessClient(60_000);
    const arrived = new Promise<void>((resolve) => {
      witness.misbehave = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const asked = other.addCheckpoint(witness.url, '');
    await arrived;
    await other.close();
    expect(await asked).toMatchObject({ kind: 'unreachable' });
  });
});

describe('latestCheckpoint', () => {
  it('asks under the hash of the origin', async () => {
    let path = '';
    witness.misbehave = (request) => {
      path = request.path;
      return { status: 404 };
    };
    const answer = await client.latestCheckpoint(witness.url, 'log.kapsel.example/t1');
    expect(answer).toEqual({ kind: 'refused', status: 404 });
    // printf log.kapsel.example/t1 | sha256sum
    expect(path).toBe(
      '/6892d967735331224ef27a375207637a3712f7343d1e56d610e99d98cef17f13/checkpoint',
    );
  });
});
