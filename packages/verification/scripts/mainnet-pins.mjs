// @ts-check
/**
 * Writes src/ots/mainnet-pins.ts from a list of checkpoints: an array of [hash, target] with the hash of the last block
 * of each period of 2,016 blocks, as explorers show it. The Electrum wallet (MIT licence) publishes such a list as
 * electrum/checkpoints.json; any full node has the same hashes (`bitcoin-cli getblockhash 2015`, 4031, …).
 *
 * Usage: node scripts/mainnet-pins.mjs CHECKPOINTS.json
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';

const TARGET = new URL('../src/ots/mainnet-pins.ts', import.meta.url);
const LINE = 96;
const ZEROS = '00000000'; // no block hash is above 2^224: the easiest target of the chain

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node scripts/mainnet-pins.mjs CHECKPOINTS.json');
const checkpoints = JSON.parse(readFileSync(path, 'utf8'));
const hashes = checkpoints.map(([hash]) => {
  if (!/^0{8}[0-9a-f]{56}$/.test(hash)) throw new Error(`not a block hash: ${hash}`);
  return hash.slice(ZEROS.length);
});
const base64 = Buffer.from(hashes.join(''), 'hex').toString('base64');
const lines = base64.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
const last = 2016 * hashes.length - 1;
writeFileSync(
  TARGET,
  `/** Hashes of Bitcoin blocks that everybody knows: the last block of each period of 2,016, up to height ${last.toLocaleString('en')}. @module */

/**
 * Written by scripts/mainnet-pins.mjs; the test compares them with published ones. 28 bytes a block in the order that
 * explorers show, without the 4 zero bytes that each hash begins with.
 */
export const MAINNET_PINS: string = \`
${lines.join('\n')}
\`;
`,
);
