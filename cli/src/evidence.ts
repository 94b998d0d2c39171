/** What a watch saw of a log that contradicts itself, in one archive that anybody can check. Source of truth: verifier-ux 2.9. @module */
import { join } from 'node:path';
import { escapeForDisplay } from '@kapsel/verification';
import { PROGRAM_NAME, PROGRAM_VERSION } from './about.ts';
import { writeTextFile } from './output-file.ts';
import type { SeenHead } from './watch-state.ts';
import { type ZipFile, zipOfFiles } from './zip-writer.ts';

/** Everything that belongs into the archive, as received. */
export interface Contradiction {
  readonly old: SeenHead;
  readonly new: SeenHead;
  readonly proof: Uint8Array | null;
  readonly code: string;
  /** Hex of the keys under which the heads were checked. */
  readonly publicKeys: readonly string[];
}

/** Writes the archive into the folder and returns its path. */
export async function writeEvidence(folder: string, found: Contradiction): Promise<string> {
  const name = `evidence-${found.new.seenAt.replace(/[-:]|\.\d+/g, '')}.zip`;
  const path = join(folder, name);
  await writeTextFile(path, zipOfFiles(filesOf(found)));
  return path;
}

function filesOf(found: Contradiction): readonly ZipFile[] {
  const files: ZipFile[] = [
    { name: 'README.txt', bytes: Buffer.from(readmeOf(found)) },
    { name: 'old-head.json', bytes: Buffer.from(found.old.text) },
    { name: 'new-head.json', bytes: Buffer.from(found.new.text) },
  ];
  if (found.proof !== null) files.push({ name: 'consistency-proof.json', bytes: found.proof });
  return files;
}

/** Only values that were checked for their form stand in it: sizes, times, hex. */
function readmeOf({ old, new: newer, proof, code, publicKeys }: Contradiction): string {
  const keys = publicKeys.map((key) => ` --public-key ${key}`).join('');
  const proofWord = proof === null ? '' : ' --proof consistency-proof.json';
  return [
    'Two tree heads of one log that contradict each other, as the log answered them.',
    '',
    `code      ${code}`,
    `log       ${escapeForDisplay(newer.log)}`,
    `old head  size ${old.treeSize}, ${new Date(old.timestampMs).toISOString()}, seen ${old.seenAt}`,
    `new head  size ${newer.treeSize}, ${new Date(newer.timestampMs).toISOString()}, seen ${newer.seenAt}`,
    '',
    'Both are signed by the key of the log. To check that without a network, unpack this archive and run:',
    '',
    `  ${PROGRAM_NAME} consistency old-head.json new-head.json${proofWord}${keys}`,
    '',
    'It ends with 1 and names the contradiction. Compare the key with one you got another way.',
    `Written by ${PROGRAM_NAME} ${PROGRAM_VERSION}.`,
    '',
  ].join('\n');
}
