import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a process with this number exists, whoever's it is. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the living process `pid` is a PostgreSQL server on the folder `cluster`. Numbers are given out again, after
 * a restart of the machine or container soon, so that a number in an old file says little. When nothing can be
 * found out, it is taken for the server: a second one on the same files would destroy them.
 */
export async function isServerOn(cluster: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // A server works in its folder, also when the folder was moved since. Only Linux tells, of processes we may look at.
  const [there, here] = await Promise.all([statOf(`/proc/${pid}/cwd`), statOf(cluster)]);
  if (there && here) return there.ino === here.ino && there.dev === here.dev;
  const { stdout } = await run('ps', ['-o', 'stat=,command=', '-p', String(pid)]).catch(
    // 1 says that there is no such process; anything else, that it cannot be found out.
    (error: unknown) => ({ stdout: (error as { code?: unknown }).code === 1 ? '' : 'postgres' }),
  );
  const ended = stdout.trim().startsWith('Z');
  return !ended && stdout.includes('postgres');
}

function statOf(path: string): Promise<{ ino: number; dev: number } | null> {
  return stat(path).catch(() => null);
}
