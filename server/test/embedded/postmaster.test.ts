import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { findPostmaster, parsePidFile, readPidFile } from '../../src/embedded/postmaster.ts';
import { postmasterPid, Workbench } from './workbench.ts';

const bench = new Workbench();
afterEach(() => bench.settle());
afterAll(() => bench.clear());

const LINES = ['4711', '/data/pg', '1700000000', '54321', '', '127.0.0.1', '  123 456', 'ready   '];

describe('parsePidFile', () => {
  it('reads the process, the port and the state', () => {
    const file = parsePidFile(`${LINES.join('\n')}\n`);
    expect(file).toEqual({ pid: 4711, port: 54321, status: 'ready' });
  });

  it('has no state while the file is being written', () => {
    const begun = parsePidFile(`${LINES.slice(0, 5).join('\n')}\n`);
    expect(begun).toEqual({ pid: 4711, port: 54321, status: '' });
  });

  it('takes a file that names no process for none', () => {
    for (const first of ['', 'x', '-4711', '0', '1', '1.5', '99999999999999999999']) {
      expect(parsePidFile([first, ...LINES.slice(1)].join('\n'))).toBeNull();
    }
    expect(parsePidFile('')).toBeNull();
  });
});

describe('findPostmaster', () => {
  it('answers the port of a running one, and none in a folder without a pid file', async () => {
    const postgres = await bench.launch(await bench.folder());
    const password = new URL(postgres.connectionString).password;
    const access = { folder: postgres.clusterFolder, password };
    expect(await findPostmaster(access, () => {})).toBe(postgres.port);
    await postgres.stop();
    expect(await findPostmaster(access, () => {})).toBeNull();
  });

  it('removes the file of a living program that is no PostgreSQL, and leaves that of a dead one', async () => {
    const folder = await bench.folder();
    const file = path.join(folder, 'postmaster.pid');
    const access = { folder, password: '' };
    const lines: string[] = [];
    const note = (line: string): void => {
      lines.push(line);
    };
    await writeFile(file, [String(bench.bystander().pid), ...LINES.slice(1)].join('\n'));
    expect(await findPostmaster(access, note)).toBeNull();
    expect(await readPidFile(folder)).toBeNull();
    expect(lines).toHaveLength(1);
    // Beyond the largest number that Linux gives out.
    await writeFile(file, [String(2 ** 22 + 1), ...LINES.slice(1)].join('\n'));
    expect(await findPostmaster(access, note)).toBeNull();
    expect(await readPidFile(folder)).not.toBeNull();
    expect(lines).toHaveLength(1);
  });

  it('takes the PostgreSQL of another cluster for another program', async () => {
    const postgres = await bench.launch(await bench.folder());
    const folder = path.join(await bench.folder(), 'pg');
    await mkdir(folder);
    const copied = await readFile(path.join(postgres.clusterFolder, 'postmaster.pid'), 'utf8');
    await writeFile(path.join(folder, 'postmaster.pid'), copied);
    const password = new URL(postgres.connectionString).password;
    expect(await findPostmaster({ folder, password }, () => {})).toBeNull();
    expect(await readPidFile(folder)).toBeNull();
    expect(await postmasterPid(postgres)).toBeGreaterThan(1);
    await rm(folder, { recursive: true });
  });
});
