/** `kapsel-verify bundle`: many packages into one zip or NDJSON, and back. Source of truth: verifier-ux 2.1 and 2.5. @module */
import { createHash } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  faultOfEntryName,
  type InputPlace,
  parseProofPackage,
  stringFromUtf8,
  VerificationError,
} from '@kapsel/verification';
import type { Host } from '../host.ts';
import { type Item, type Limits, labelOfItem } from '../inputs/item.ts';
import { InputReader } from '../inputs/read-items.ts';
import { type Look, tellLines } from '../options.ts';
import { writeTextFile } from '../output-file.ts';
import { safe } from '../render/checks.ts';
import { UsageError } from '../usage-error.ts';
import { type ZipFile, zipOfFiles } from '../zip-writer.ts';

export const MANIFEST_FORMAT = 'kapsel.bundle/v1';
export const MANIFEST_NAME = 'manifest.kapsel-bundle';

// Names that Windows keeps for devices, with any extension.
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly attemptId: string;
}

/** Writes one archive or NDJSON file of all packages; a file that is no package stops it. */
export async function packBundle(
  host: Host,
  output: string,
  inputs: readonly string[],
  limits: Limits,
  look: Look,
): Promise<number> {
  const isZip = /\.zip$/i.test(output);
  if (!isZip && !/\.(ndjson|jsonl)$/i.test(output)) {
    throw new UsageError('E_USAGE', 'a bundle is named .zip, .ndjson or .jsonl');
  }
  const members = await readMembers(host, inputs, limits);
  const content = isZip ? zipOfMembers(members) : linesOfMembers(members);
  await writeTextFile(output, content);
  tellLines(host, look, [`packed ${members.length} proofs into ${safe(output)}; none was checked`]);
  return 0;
}

/** One line a package. */
export async function listBundle(
  host: Host,
  inputs: readonly string[],
  limits: Limits,
  look: Look,
): Promise<number> {
  for await (const item of new InputReader(host, limits).read(inputs)) {
    const { attemptId, bytes } = memberOf(item);
    tellLines(host, look, [`${attemptId}  ${bytes.length} bytes  ${safe(labelOfItem(item))}`]);
    await host.stdout.ready();
  }
  return 0;
}

/** Writes each package to a file of its own below the folder; nothing is written before all names were looked at. */
export async function splitBundle(
  host: Host,
  folder: string,
  inputs: readonly string[],
  limits: Limits,
  look: Look,
): Promise<number> {
  const members = await readMembers(host, inputs, limits);
  const paths = members.map(({ name }) => join(folder, name));
  for (const path of paths) {
    if (await exists(path)) throw new UsageError('E_IO', `${safe(path)} is there already`);
  }
  for (const [i, { bytes }] of members.entries()) {
    const path = paths[i] ?? '';
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: 'wx' });
  }
  tellLines(host, look, [`wrote ${members.length} files below ${safe(folder)}; none was checked`]);
  return 0;
}

async function readMembers(
  host: Host,
  inputs: readonly string[],
  limits: Limits,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  const names = new Set<string>();
  for await (const item of new InputReader(host, limits).read(inputs)) {
    const member = memberOf(item);
    const fault = faultOfFileName(member.name);
    if (fault !== null) throw new UsageError('E_FIELD', `the name ${safe(member.name)} ${fault}`);
    // Two names that differ in case alone are one file on some systems.
    const key = member.name.toLowerCase().normalize('NFC');
    if (names.has(key)) {
      throw new UsageError('E_FIELD', `two packages would be the file ${safe(member.name)}`);
    }
    names.add(key);
    members.push(member);
  }
  if (host.signal.aborted) throw new UsageError('E_IO', 'stopped before anything was written');
  return members;
}

/** What is wrong with a name as a file below one folder, on any system; or null. */
export function faultOfFileName(name: string): string | null {
  const fault = faultOfEntryName(name);
  if (fault !== null) return fault;
  for (const part of name.split('/')) {
    if (RESERVED.test(part)) return 'is reserved on Windows';
    if (/[. ]$/.test(part)) return 'ends in a dot or a space';
    if (/[<>:"|?*\p{Cc}]/u.test(part)) return 'holds a character that Windows refuses';
  }
  return null;
}

/** Packages with a file or an entry of their own keep its name; any other is called by its attempt. */
function memberOf(item: Item): Member {
  const label = safe(labelOfItem(item));
  if (item.kind === 'refused') {
    const { code, reason } = item.refusal;
    throw new UsageError(code, `${label}: ${reason ?? 'too large'}`);
  }
  try {
    const { deliveryAttemptId } = parseProofPackage(stringFromUtf8(item.bytes));
    const name = nameOf(item.place) ?? `${deliveryAttemptId}.kapsel.json`;
    return { name, bytes: item.bytes, attemptId: deliveryAttemptId };
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    throw new UsageError(error.code, `${label} is no proof package`);
  }
}

function nameOf({ path, entry, line }: InputPlace): string | null {
  if (line !== null) return null;
  return entry ?? (/\.json$/i.test(path) ? basename(path) : null);
}

function zipOfMembers(members: readonly Member[]): Uint8Array {
  const proofs = members.map(({ name, bytes, attemptId }) => ({
    name,
    delivery_attempt_id: attemptId,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  const manifest = `${JSON.stringify({ format: MANIFEST_FORMAT, proofs }, null, 2)}\n`;
  const files: readonly ZipFile[] = [
    { name: MANIFEST_NAME, bytes: Buffer.from(manifest) },
    ...members.map(({ name, bytes }) => ({ name, bytes })),
  ];
  return zipOfFiles(files);
}

/** A package is written on one line: its members keep their order and their values. */
function linesOfMembers(members: readonly Member[]): string {
  return members
    .map(({ bytes }) => `${JSON.stringify(JSON.parse(stringFromUtf8(bytes)))}\n`)
    .join('');
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // Not there, or not reachable: writing will say which.
    return false;
  }
}
