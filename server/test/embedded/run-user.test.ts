import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestFolder } from '../../../test/support/postgres-folder.ts';
import { findRunUser, getRunUser, isReachable, runAs } from '../../src/embedded/run-user.ts';

const DEBIAN = [
  'root:x:0:0:root:/root:/bin/bash',
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  'ada:x:1000:1000:Ada,,,:/home/ada:/bin/bash',
].join('\n');
const WITH_POSTGRES = `${DEBIAN}\npostgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n`;

describe('findRunUser', () => {
  it('takes postgres, and nobody where there is no postgres', () => {
    expect(findRunUser(WITH_POSTGRES, null)).toEqual({ name: 'postgres', uid: 101, gid: 104 });
    expect(findRunUser(DEBIAN, null)).toEqual({ name: 'nobody', uid: 65534, gid: 65534 });
  });

  it('stays with the owner of a cluster, also when postgres was added since', () => {
    expect(findRunUser(WITH_POSTGRES, 65534)).toEqual({ name: 'nobody', uid: 65534, gid: 65534 });
    expect(findRunUser(WITH_POSTGRES, 1000)?.name).toBe('ada');
  });

  it('finds none for root, for an unknown owner, or in a file without the preferred users', () => {
    expect(findRunUser(WITH_POSTGRES, 0)).toBeNull();
    expect(findRunUser(WITH_POSTGRES, 4711)).toBeNull();
    expect(findRunUser('root:x:0:0:root:/root:/bin/bash\n', null)).toBeNull();
    expect(findRunUser('postgres:x:0:0::/:/bin/sh\n', null)).toBeNull();
  });

  it('reads the macOS form and skips what is no entry', () => {
    const macos =
      '# User Database\n#\nnobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n';
    expect(findRunUser(macos, null)).toEqual({ name: 'nobody', uid: -2, gid: -2 });
    expect(findRunUser('postgres:x::104\npostgres\n\n', null)).toBeNull();
  });
});

describe('getRunUser', () => {
  it('is somebody else for root alone', async () => {
    const user = await getRunUser(null);
    if (process.getuid?.() === 0) expect(['postgres', 'nobody']).toContain(user?.name);
    else expect(user).toBeNull();
    expect(runAs(user)).toEqual(user === null ? {} : { uid: user.uid, gid: user.gid });
  });
});

describe('isReachable', () => {
  it('asks for the right to search each folder on the way, by owner, group or others', async () => {
    const folder = await makeTestFolder();
    try {
      const inner = path.join(folder, 'outer', 'inner');
      await mkdir(inner, { recursive: true });
      const { uid, gid } = await stat(inner);
      const owner = { name: 'owner', uid, gid };
      const member = { name: 'member', uid: uid + 1, gid };
      const other = { name: 'other', uid: uid + 1, gid: gid + 1 };
      const expected: [number, boolean, boolean, boolean][] = [
        [0o711, true, true, true],
        [0o700, true, false, false],
        [0o710, true, true, false],
        [0o701, true, false, true],
        [0o744, true, false, false],
      ];
      for (const [mode, ...answers] of expected) {
        await chmod(path.dirname(inner), mode);
        const found = [owner, member, other].map((user) => isReachable(inner, user));
        expect([mode, ...(await Promise.all(found))]).toEqual([mode, ...answers]);
      }
      expect(await isReachable(inner, null)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
