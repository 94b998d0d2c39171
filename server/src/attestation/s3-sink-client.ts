/** A sink that is a bucket of S3 or of a store that speaks its protocol. @module */
import {
  openS3Client,
  type S3Answer,
  type S3Deps,
  type S3Place,
  type S3Request,
  type S3Settings,
} from './s3-client.ts';
import { CACHE_CONTROL, SinkError, type TileSink } from './tile-sink.ts';

export interface S3SinkDeps extends S3Deps {
  readonly random: () => number;
}

const TRIES = 4;
const FIRST_WAIT_MS = 200;
const TIMEOUT_MS = 20_000;

/** Opens no connection yet. Throws where no credentials are set. */
export function openS3Sink(place: S3Place, settings: S3Settings, deps: S3SinkDeps): TileSink {
  const client = openS3Client(place, settings, deps);
  const send = async (wish: Omit<S3Request, 'timeoutMs'>): Promise<S3Answer> => {
    for (let tried = 1; ; tried++) {
      const answer = await client.ask({ ...wish, timeoutMs: TIMEOUT_MS });
      if (!answer.mayPass || tried === TRIES) return answer;
      await deps.clock.sleep(FIRST_WAIT_MS * 2 ** (tried - 1) * (0.5 + deps.random() / 2));
    }
  };
  return {
    name: client.name,
    async put({ path, bytes, contentType, lifetime }) {
      const headers = { 'content-type': contentType, 'cache-control': CACHE_CONTROL[lifetime] };
      const { status, code, cause } = await send({ method: 'PUT', path, headers, body: bytes });
      if (status >= 200 && status <= 299) return;
      throw new SinkError(`PUT ${path}: ${status || 'no answer'} ${code}`.trim(), { cause });
    },
    async has(path) {
      const { status, code, cause } = await send({ method: 'HEAD', path });
      if (status === 200) return true;
      // S3 answers 403 for what does not exist to whoever may not list the bucket. Wrong credentials show at the next PUT.
      if (status === 404 || status === 403) return false;
      throw new SinkError(`HEAD ${path}: ${status || 'no answer'} ${code}`.trim(), { cause });
    },
    close: () => client.close(),
  };
}
