/** A sink that is a folder, which a web server can hand out as it lies there. @module */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertSinkPath, SinkError, type TileSink } from './tile-sink.ts';

/** The folder is made when the first object comes. */
export function openFolderSink(folder: string): TileSink {
  const root = resolve(folder);
  return {
    name: pathToFileURL(root).href,
    async put({ path, bytes }) {
      assertSinkPath(path);
      const target = join(root, path);
      try {
        await mkdir(dirname(target), { recursive: true });
        await assertInside(root, dirname(target));
        await writeWhole(target, bytes);
      } catch (cause) {
        if (cause instanceof SinkError) throw cause;
        throw new SinkError(`cannot write ${path}: ${codeOf(cause)}`, { cause });
      }
    },
    async has(path) {
      assertSinkPath(path);
      try {
        await access(join(root, path), constants.F_OK);
        return true;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false;
        throw new SinkError(`cannot look at ${path}: ${codeOf(error)}`, { cause: error });
      }
    },
    close: async () => undefined,
  };
}

// Somebody may have put a link into the folder that leads elsewhere.
async function assertInside(root: string, folder: string): Promise<void> {
  const [base, real] = await Promise.all([realpath(root), realpath(folder)]);
  if (real !== base && !real.startsWith(base.endsWith(sep) ? base : base + sep)) {
    throw new SinkError('a link in the folder leads out of it');
  }
}

/** Beside the target first, down to the disk, then in its place: a crash leaves the old file, or a stray one. */
async function writeWhole(target: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // The new name is on the disk once its folder is. Windows has no such call and needs none.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(target), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'failed';
}
