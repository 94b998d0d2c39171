/** Names to addresses through a real name server on loopback. @module */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createResolver, type ResolverOptions } from '../../src/delivery/resolver.ts';
import { type NameServer, openNameServer, type Zone } from './support/name-server.ts';

async function openZones(zones: Readonly<Record<string, Zone>>): Promise<NameServer> {
  const server = await openNameServer(zones);
  onTestFinished(() => server.close());
  return server;
}

function resolverAt(server: NameServer, options: ResolverOptions = {}) {
  return createResolver({ servers: [server.address], timeoutMs: 100, tries: 1, ...options });
}

describe('createResolver', () => {
  it('answers all addresses of both families, IPv4 first', async () => {
    const server = await openZones({
      'both.test': { a: ['192.0.2.1', '192.0.2.2', '192.0.2.1'], aaaa: ['2001:db8::1'] },
    });
    expect(await resolverAt(server).resolve('both.test')).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '2001:db8::1',
    ]);
  });

  it.each([
    ['is empty', []],
    ['is refused', 'refused'],
    ['is silent', 'silent'],
  ] as const)('answers with one family when the other %s', async (_how, other) => {
    const server = await openZones({
      'v4.test': { a: ['192.0.2.1'], aaaa: other },
      'v6.test': { a: other, aaaa: ['2001:db8::1'] },
    });
    const resolver = resolverAt(server);
    expect(await resolver.resolve('v4.test')).toEqual(['192.0.2.1']);
    expect(await resolver.resolve('v6.test')).toEqual(['2001:db8::1']);
  });

  it('throws for a name that is unknown, empty, refused or unanswered', async () => {
    const server = await openZones({
      'empty.test': {},
      'refused.test': { a: 'refused', aaaa: 'refused' },
      'silent.test': { a: 'silent', aaaa: 'silent' },
    });
    const resolver = resolverAt(server);
    for (const name of ['unknown.test', 'empty.test', 'refused.test', 'silent.test']) {
      await expect(resolver.resolve(name)).rejects.toThrow();
    }
  });

  it('asks nobody about localhost', async () => {
    const server = await openZones({ localhost: { a: ['192.0.2.1'] } });
    const resolver = resolverAt(server);
    for (const name of ['localhost', 'LOCALHOST', 'app.localhost', 'localhost.']) {
      expect(await resolver.resolve(name)).toEqual(['127.0.0.1', '::1']);
    }
    expect(server.questions).toEqual([]);
  });

  it('remembers an answer for 5 s by its own clock, then asks again', async () => {
    const zones: Record<string, Zone> = { 'moving.test': { a: ['192.0.2.1'] } };
    const server = await openZones(zones);
    let nowMs = 1_000;
    const resolver = resolverAt(server, { monotonicMs: () => nowMs });
    expect(await resolver.resolve('moving.test')).toEqual(['192.0.2.1']);
    zones['moving.test'] = { a: ['192.0.2.2'] };
    nowMs += 4_999;
    expect(await resolver.resolve('Moving.Test')).toEqual(['192.0.2.1']);
    expect(server.questions).toHaveLength(2);
    nowMs += 1;
    expect(await resolver.resolve('moving.test')).toEqual(['192.0.2.2']);
    expect(server.questions).toHaveLength(4);
  });

  it('asks once for callers that come together', async () => {
    const server = await openZones({ 'busy.test': { a: ['192.0.2.1'] } });
    const resolver = resolverAt(server);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => resolver.resolve('busy.test')),
    );
    expect(new Set(answers.flat())).toEqual(new Set(['192.0.2.1']));
    expect(server.questions).toHaveLength(2);
  });

  it('does not remember a failure', async () => {
    const zones: Record<string, Zone> = {};
    const server = await openZones(zones);
    const resolver = resolverAt(server);
    await expect(resolver.resolve('late.test')).rejects.toThrow();
    zones['late.test'] = { a: ['192.0.2.1'] };
    expect(await resolver.resolve('late.test')).toEqual(['192.0.2.1']);
  });

  it('forgets the oldest name at its bound', async () => {
    const server = await openZones({
      'one.test': { a: ['192.0.2.1'] },
      'two.test': { a: ['192.0.2.2'] },
      'three.test': { a: ['192.0.2.3'] },
    });
    const resolver = resolverAt(server, { maxCachedNames: 2, monotonicMs: () => 0 });
    for (const name of ['one.test', 'two.test', 'three.test']) await resolver.resolve(name);
    expect(server.questions).toHaveLength(6);
    await resolver.resolve('two.test');
    await resolver.resolve('three.test');
    expect(server.questions).toHaveLength(6);
    await resolver.resolve('one.test');
    expect(server.questions).toHaveLength(8);
  });

  it('looks into a hosts file only when told to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kapsel-hosts-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const hostsFile = join(folder, 'hosts');
    await writeFile(hostsFile, '10.9.8.7 receiver.test other.test\n');
    const server = await openZones({
      'receiver.test': { a: ['192.0.2.1'] },
      'dns.test': { a: ['192.0.2.2'] },
    });
    expect(await resolverAt(server).resolve('receiver.test')).toEqual(['192.0.2.1']);
    const told = resolverAt(server, { hostsFile });
    expect(await told.resolve('receiver.test')).toEqual(['10.9.8.7']);
    expect(await told.resolve('OTHER.test.')).toEqual(['10.9.8.7']);
    expect(await told.resolve('dns.test')).toEqual(['192.0.2.2']);
  });
});
