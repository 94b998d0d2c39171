/** The story of the embedded PostgreSQL: a real cluster from npm binaries, started, shared and stopped with the servers that use it. @module */
import { type Binaries, findBinaries, getPackageFolder, prepareBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import {
  type ClusterAccess,
  connectionStringFor,
  createDatabaseIfMissing,
} from './cluster-store.ts';
import { EmbeddedError } from './embedded-error.ts';
import { Holder } from './holder.ts';
import { choosePlace, ensureDataFolder, type Place, PRIVATE_ROOT, recordCreated } from './place.ts';
import { findPostmaster, type Settings, type StartOptions, startPostmaster } from './postmaster.ts';

export interface LaunchOptions {
  /** The server's data folder; the cluster is `pg` in it. Made if it is missing. */
  readonly dataDir: string;
  /** Told in whole sentences what a person who looks for the data or the process wants to know. */
  readonly log: (line: string) => void;
  /** Binaries of an installed PostgreSQL instead of the ones from npm (tests). */
  readonly binFolder?: string;
  /** The npm package, where it is not found by its name (tests). */
  readonly packageFolder?: string;
  /** Where root keeps what must not lie below a closed folder. */
  readonly privateRoot?: string;
  /** Further PostgreSQL settings; with `skipSync` only for data that may be lost (tests). */
  readonly settings?: Settings;
  readonly skipSync?: boolean;
}

export interface EmbeddedPostgres {
  /** Of the database `kapsel`, as its owner. */
  readonly connectionString: string;
  readonly port: number;
  /** True: another server had started the cluster, and this one shares it. */
  readonly reused: boolean;
  readonly clusterFolder: string;
  /** Gives the cluster up: stops it if no other server uses it. Sessions that are still open are ended. */
  stop(): Promise<void>;
}

// A taken port, a faster server, or a cluster that its last user is just stopping: each asks for another look.
const MAX_TRIES = 8;

/**
 * Starts PostgreSQL on the cluster of `dataDir`, or joins the one that another server has started there. When this
 * process ends without `stop`, its supervisor does what `stop` would have done.
 */
export async function launchPostgres(options: LaunchOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataFolder = await ensureDataFolder(options.dataDir);
  const place = await choosePlace(dataFolder, options.privateRoot ?? PRIVATE_ROOT, log);
  const binaries =
    options.binFolder === undefined
      ? await prepareBinaries(options.packageFolder ?? getPackageFolder(), place, log)
      : await findBinaries(options.binFolder, place);
  const cluster = await ensureCluster(place, binaries, { skipSync: options.skipSync ?? false });
  await recordCreated(dataFolder, place);
  // From here on the supervisor watches: a crash after any later line ends with a stopped cluster.
  const holder = new Holder({ cluster, pgCtl: binaries.pgCtl, logFile: place.logFile, log });
  let stopping: Promise<unknown> | null = null;
  const start: StartOptions = {
    settings: options.settings ?? {},
    onEnd: () => {
      if (stopping === null) log(`PostgreSQL has ended. See ${place.logFile}.`);
    },
  };
  try {
    const { port, reused } = await joinOrStart(cluster, place, binaries, holder, start, log);
    return {
      connectionString: connectionStringFor(port, cluster.password),
      port,
      reused,
      clusterFolder: cluster.folder,
      async stop() {
        stopping ??= holder.leave();
        await stopping;
      },
    };
  } catch (error) {
    stopping = holder.leave();
    await stopping;
    throw error;
  }
}

async function joinOrStart(
  cluster: ClusterAccess,
  place: Place,
  binaries: Binaries,
  holder: Holder,
  start: StartOptions,
  log: (line: string) => void,
): Promise<{ port: number; reused: boolean }> {
  let cause: unknown;
  for (let i = 0; i < MAX_TRIES; i++) {
    const running = await findPostmaster(cluster, log);
    const port = running ?? (await startPostmaster(place, binaries, start));
    if (port === null || !(await holder.hold())) continue;
    try {
      // A new session, after the share was granted: a cluster that is going down takes none any more.
      await createDatabaseIfMissing(port, cluster.password);
    } catch (error) {
      cause = error; // looked at again, and told if it stays
      continue;
    }
    const reused = running !== null;
    const how = reused ? 'joined the running' : 'started';
    log(`${how} PostgreSQL on 127.0.0.1:${port}, data in ${cluster.folder}`);
    return { port, reused };
  }
  throw new EmbeddedError(
    'start-failed',
    `PostgreSQL or its supervisor ended each time it was started. See ${place.logFile}.`,
    { cause },
  );
}
