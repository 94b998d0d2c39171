/** vitest globalSetup: one PostgreSQL cluster for all projects of a run that need one. @module */
import type { TestProject } from 'vitest/node';
import type {} from './postgres.ts'; // the type of what is provided
import { type StartedCluster, startTestCluster } from './postgres-cluster.ts';

interface Shared {
  users: number;
  readonly cluster: Promise<StartedCluster>;
}

// Each project loads this file anew, in the same process: what they share must lie outside the module.
const SHARED = Symbol.for('kapsel.test.postgres');
const place = globalThis as { [SHARED]?: Shared };

/** Starts the cluster for the first project, and stops it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  place[SHARED] ??= { users: 0, cluster: startTestCluster(process.env.DATABASE_URL) };
  const shared = place[SHARED];
  shared.users += 1;
  const { adminUrl, template, prefix } = await shared.cluster;
  project.provide('kapselPostgres', { adminUrl, template, prefix });
  return async function teardown(): Promise<void> {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete place[SHARED];
    await (await shared.cluster).stop();
  };
}
