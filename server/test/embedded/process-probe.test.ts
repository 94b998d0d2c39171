import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { isAlive, isPostmasterOf } from '../../src/embedded/process-probe.ts';
import { kill, postmasterPid, Workbench } from './workbench.ts';

const bench = new Workbench();
afterAll(() => bench.clear());

describe('isAlive', () => {
  it('is true for a process until it has ended', async () => {
    const child = bench.bystander();
    await once(child, 'spawn');
    const pid = Number(child.pid);
    expect(isAlive(pid)).toBe(true);
    await kill(child);
    expect(isAlive(pid)).toBe(false);
  });

  it('is true for a process of another user', () => {
    expect(isAlive(1)).toBe(true);
  });
});

describe('isPostmasterOf', () => {
  it('knows a postmaster by its cluster, and nothing else for one', async () => {
    const folder = await bench.folder();
    const postgres = await bench.launch(folder);
    const pid = await postmasterPid(postgres);
    expect(isPostmasterOf(pid, postgres.clusterFolder)).toBe(true);
    expect(isPostmasterOf(pid, folder)).toBe(false);
    expect(isPostmasterOf(process.pid, postgres.clusterFolder)).toBe(false);
    await postgres.stop();
    expect(isPostmasterOf(pid, postgres.clusterFolder)).toBe(false);
  });
});
