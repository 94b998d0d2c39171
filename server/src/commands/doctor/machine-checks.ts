/** What the doctor looks at without a database: settings, program, disks, rules of the deliveries, witnesses. @module */
import { stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { assertSettings } from '../../app/assertions.ts';
import { rulesFromConfig } from '../../app/egress.ts';
import { headFolder } from '../../app/head-place.ts';
import type { Config } from '../../base/config.ts';
import { ConfigError } from '../../base/config.ts';
import { isAllowedAddress } from '../../endpoints/destination-guard.ts';
import type { AskedWitness } from '../../witnesses/cosign.ts';
import { readWitnessPolicy, WitnessPolicyError } from '../../witnesses/policy.ts';
import { createWitnessClient } from '../../witnesses/witness-client.ts';
import { programVersion } from '../version.ts';
import type { Check, Machine } from './check.ts';
import { type Found, fail, ok, orOk, skip, warn } from './finding.ts';

const settings: Check<Machine> = {
  name: 'settings',
  async run({ config }) {
    try {
      await assertSettings(config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.faults.map((fault) => fail('invalid', fault, 'kapsel-server help'));
    }
    const problems: Found[] = [];
    if (config.unsafeDurability) {
      problems.push(
        warn(
          'unsafe-durability',
          'KAPSEL_UNSAFE_DURABILITY is set: a start no longer checks that commits survive a crash',
          'unset it, unless this data may be lost',
        ),
      );
    }
    return orOk(problems, 'all are valid, and fit each other');
  },
};

const program: Check<Machine> = {
  name: 'program',
  async run() {
    const { version, platform, arch } = process;
    return ok(`Kapsel ${programVersion()}, Node ${version} on ${platform} ${arch}`);
  },
};

const MEBIBYTE = 2 ** 20;
const FAIL_BYTES = 100 * MEBIBYTE;
const WARN_BYTES = 1_024 * MEBIBYTE;

const disk: Check<Machine> = {
  name: 'disk',
  async run({ config }) {
    const dataFolder = resolve(config.dataDir);
    const heads = headFolder(config);
    const folders = heads === null ? [dataFolder] : [dataFolder, resolve(heads)];
    const seen = await Promise.all(folders.map(measureDisk));
    const problems = seen.flatMap(({ folder, freeBytes }): Found[] => {
      if (freeBytes >= WARN_BYTES) return [];
      const message = `${mebibytes(freeBytes)} MiB are free where ${folder} lies`;
      const next = `df -h ${folder}; make room: a full disk stops heads, keys and the embedded database`;
      return [freeBytes < FAIL_BYTES ? fail('full', message, next) : warn('low', message, next)];
    });
    const free = seen.map(({ folder, freeBytes }) => `${mebibytes(freeBytes)} MiB for ${folder}`);
    return orOk(problems, `free: ${free.join(', ')}`);
  },
};

async function measureDisk(folder: string): Promise<{ folder: string; freeBytes: number }> {
  const { bavail, bsize } = await statfs(await existingPart(folder));
  return { folder, freeBytes: bavail * bsize };
}

/** The folder, or the nearest one above it that exists: that is where it would be made. */
async function existingPart(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    return existingPart(above);
  }
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / MEBIBYTE);
}

/** Where clouds hand out credentials to whoever can ask from this machine. */
const METADATA_ADDRESSES = ['169.254.169.254', 'fd00:ec2::254', '168.63.129.16'];
const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1'];

const egress: Check<Machine> = {
  name: 'egress',
  async run({ config }) {
    const { egressAllow, allowHttp } = rulesFromConfig(config);
    const opens = (address: string): boolean => isAllowedAddress(address, egressAllow);
    const problems: Found[] = [];
    const metadata = METADATA_ADDRESSES.filter(opens);
    if (metadata.length > 0) {
      problems.push(
        warn(
          'metadata-open',
          `KAPSEL_EGRESS_ALLOW lets tenants reach ${metadata.join(', ')}, where clouds hand out credentials`,
          'narrow KAPSEL_EGRESS_ALLOW to the networks of your receivers',
        ),
      );
    }
    if (LOOPBACK_ADDRESSES.some(opens)) {
      problems.push(
        warn(
          'loopback-open',
          'KAPSEL_EGRESS_ALLOW lets tenants reach what listens on this machine alone, such as its database',
          'narrow KAPSEL_EGRESS_ALLOW, unless this is a machine for trying',
        ),
      );
    }
    if (allowHttp) {
      problems.push(
        warn(
          'http-allowed',
          'KAPSEL_ALLOW_HTTP is set: payloads may travel unencrypted',
          'unset it as soon as all receivers speak https',
        ),
      );
    }
    return orOk(
      problems,
      egressAllow.length === 0
        ? 'public addresses alone, over https'
        : `public addresses and ${config.egressAllow.join(', ')}, over https`,
    );
  },
};

const witnesses: Check<Machine> = {
  name: 'witnesses',
  async run({ config, isOnline }) {
    if (config.witnessPolicyFile === null) return ok('none are asked (KAPSEL_WITNESS_POLICY)');
    const asked = await readWitnesses(config.witnessPolicyFile);
    if (asked === null) return skip('the policy cannot be read; see settings');
    const count = asked.length;
    if (!isOnline) return ok(`${count} in the policy; --online asks them`);
    const silent = await findSilent(asked, config);
    const problems = silent.map((name) =>
      warn(
        'unreachable',
        `${name} does not answer within ${config.witnessTimeoutMs} ms`,
        'reach its URL from this machine, or ask its operator; heads go on without it',
      ),
    );
    return orOk(problems, `all ${count} of the policy answer`);
  },
};

async function readWitnesses(path: string): Promise<readonly AskedWitness[] | null> {
  try {
    return (await readWitnessPolicy(path)).witnesses;
  } catch (error) {
    if (error instanceof WitnessPolicyError) return null;
    throw error;
  }
}

/** The names of those that do not answer at all; any status is an answer. */
async function findSilent(
  asked: readonly AskedWitness[],
  { witnessTimeoutMs, logOrigin }: Config,
): Promise<string[]> {
  const client = createWitnessClient(witnessTimeoutMs);
  try {
    const answers = await Promise.all(
      asked.map(({ url }) => client.latestCheckpoint(url, logOrigin ?? 'kapsel.local/doctor')),
    );
    return asked.filter((_, i) => answers[i]?.kind === 'unreachable').map(({ name }) => name);
  } finally {
    await client.close();
  }
}

export const MACHINE_CHECKS: readonly Check<Machine>[] = [
  settings,
  program,
  disk,
  egress,
  witnesses,
];
