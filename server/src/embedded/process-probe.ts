/** Questions about other processes: does it live, and is it the postmaster of our cluster? @module */

/** True for any process with this number, also one of another user or one that has ended but was not collected. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * True when `pid` is a living PostgreSQL server of `clusterFolder`. A process number alone says nothing: numbers are
 * reused, in containers often by the next start of the same program. Linux tells the working folder of a process,
 * which for a postmaster is its cluster; elsewhere the name of the program must do.
 *
 * This function is also sent as text to the supervisor process (supervisor.ts), so it uses nothing from outside its
 * own body.
 */
export function isPostmasterOf(pid: number, clusterFolder: string): boolean {
  const fs = process.getBuiltinModule('node:fs');
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  try {
    process.kill(pid, 0);
    if (process.platform === 'linux') {
      if (fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return false;
      return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(clusterFolder);
    }
    if (process.platform === 'win32') return true;
    const name = execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' });
    return /(^|\/)postgres$/.test(name.trim());
  } catch {
    // Gone, or another user's: the cluster is readable to its own user only, so it is none of ours.
    return false;
  }
}
