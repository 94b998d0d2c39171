/** A sink that is a folder, which a web server can hand out as it lies there. @module */
import { constants } from 'node:fs';
import { access, mkdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { replaceDurably } from '../base/durable-file.ts';
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
        await replaceDurably(target, bytes, 0o644);
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

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'failed';
}
