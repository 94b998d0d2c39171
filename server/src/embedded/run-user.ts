/** The user that PostgreSQL runs as: ourselves, or for root, which PostgreSQL refuses, somebody else. @module */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

/** An entry of the passwd file. */
export interface RunUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const PASSWD_FILE = '/etc/passwd';
// In this order; nobody exists everywhere.
const PREFERRED = ['postgres', 'nobody'];

/**
 * Null: PostgreSQL runs as ourselves. As root it runs as the owner of the cluster if there is one already (the
 * preferred user may have been added since), else as `postgres`, else as `nobody`. Users are never created.
 */
export async function getRunUser(ownerUid: number | null): Promise<RunUser | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile(PASSWD_FILE, 'utf8');
  const user = findRunUser(passwd, ownerUid);
  if (user === null) {
    throw new EmbeddedError(
      'cluster-unreachable',
      ownerUid === null
        ? `PostgreSQL does not run as root, and ${PASSWD_FILE} has neither of the users ${PREFERRED.join(', ')}. Start the server as an ordinary user, or set DATABASE_URL.`
        : `The cluster belongs to the user number ${ownerUid}, which is root or has no entry in ${PASSWD_FILE}. PostgreSQL runs as neither. Give the folder to an ordinary user (chown -R).`,
    );
  }
  return user;
}

/** The owner of the cluster, or without a cluster the first preferred user; null when the file has none such. */
export function findRunUser(passwd: string, ownerUid: number | null): RunUser | null {
  const users = parsePasswd(passwd).filter(({ uid }) => uid !== 0);
  if (ownerUid !== null) return users.find(({ uid }) => uid === ownerUid) ?? null;
  for (const preferred of PREFERRED) {
    const user = users.find(({ name }) => name === preferred);
    if (user !== undefined) return user;
  }
  return null;
}

function parsePasswd(passwd: string): readonly RunUser[] {
  const users: RunUser[] = [];
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (!name || !/^-?\d+$/.test(uid ?? '') || !/^-?\d+$/.test(gid ?? '')) continue;
    users.push({ name, uid: Number(uid), gid: Number(gid) });
  }
  return users;
}

/** The spawn options that make a child run as `user`. */
export function runAs(user: RunUser | null): { uid?: number; gid?: number } {
  return user === null ? {} : { uid: user.uid, gid: user.gid };
}

/** True when `user` may search every folder from the root down to `target` itself, which must exist. */
export async function isReachable(target: string, user: RunUser | null): Promise<boolean> {
  if (user === null) return true;
  for (let step = path.resolve(target); ; step = path.dirname(step)) {
    if (!isSearchable(await stat(step), user)) return false;
    if (step === path.dirname(step)) return true;
  }
}

/** PostgreSQL is started without supplementary groups, so the three classes of the mode decide. */
function isSearchable(
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
  user: RunUser,
): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
