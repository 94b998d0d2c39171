/** The Bitcoin chain: its easiest target, its rule of difficulty, its first block and the last of each early period. @module */
import { bytesFromBase64, hexFromBytes } from '../bytes.ts';
import type { ChainParameters, ChainPin } from './chain.ts';
import { MAINNET_PINS } from './mainnet-pins.ts';

const PERIOD = 2_016;
const PIN_BYTES = 28;
const LEADING_ZEROS = '00000000';
const GENESIS: ChainPin = {
  height: 0,
  hash: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
};

/**
 * The only chain that is built in. Blocks after its last pin need a header from a source that the user names.
 * @example verifyAnchor(proof, bytes, { chain: bitcoinMainnet(), headers })
 */
export function bitcoinMainnet(): ChainParameters {
  mainnet ??= {
    name: 'mainnet',
    powLimitBits: 0x1d00ffff,
    retargets: true,
    pins: [GENESIS, ...periodEnds()],
  };
  return mainnet;
}

// Made when it is first asked for: most checks meet no anchor.
let mainnet: ChainParameters | undefined;

function periodEnds(): ChainPin[] {
  const hashes = hexFromBytes(bytesFromBase64(MAINNET_PINS.replaceAll('\n', '')));
  const count = hashes.length / (2 * PIN_BYTES);
  return Array.from({ length: count }, (_, i) => ({
    height: PERIOD * (i + 1) - 1,
    hash: LEADING_ZEROS + hashes.slice(2 * PIN_BYTES * i, 2 * PIN_BYTES * (i + 1)),
  }));
}
