/** Which chain of blocks is meant: its easiest target, its rule of difficulty, and blocks that are known to be in it. @module */
import { VerificationError } from '../errors.ts';
import { parseJson, textFromInput } from '../json.ts';
import type { Reader } from '../members.ts';
import { boolean, hexText, integer, list, object, oneOf, textThat } from '../members.ts';
import { targetOfBits } from './block-header.ts';

/** A block that is known to be in the chain. */
export interface ChainPin {
  readonly height: number;
  /** 64 hex digits, as explorers show it. */
  readonly hash: string;
}

/** A proof does not name its chain: whoever checks it does. */
export interface ChainParameters {
  /** Shown beside every verdict under it. */
  readonly name: string;
  /** The easiest target, in its compact form. */
  readonly powLimitBits: number;
  /** Whether the target follows the blocks' times every 2,016 blocks; otherwise it never changes. */
  readonly retargets: boolean;
  readonly pins: readonly ChainPin[];
}

const FORMAT = 'kapsel.chain/v1';
const MAX_BYTES = 1_048_576;
const MAX_PINS = 8_192;
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/;

/**
 * Reads the parameters of a chain from a file. Throws `E_FIELD` and the other malformed codes.
 * @example parseChainParameters('{"format":"kapsel.chain/v1","name":"lab","pow_limit_bits":"207fffff",…}').name
 */
export function parseChainParameters(input: string | Uint8Array): ChainParameters {
  const json = parseJson(textFromInput(input, MAX_BYTES, 'chain'));
  const { format, powLimitBits, ...rest } = readChain(json);
  const bits = Number(`0x${powLimitBits}`);
  if (targetOfBits(bits) !== null) return { ...rest, powLimitBits: bits };
  throw new VerificationError('E_FIELD', { field: 'pow_limit_bits', rule: 'header-target' });
}

const readPin: Reader<ChainPin> = /* @__PURE__ */ object({
  height: integer(0, 2 ** 32 - 1),
  hash: hexText(32),
});

interface ChainText extends Omit<ChainParameters, 'powLimitBits'> {
  readonly format: typeof FORMAT;
  readonly powLimitBits: string;
}

const readChain: Reader<ChainText> = /* @__PURE__ */ object({
  format: oneOf([FORMAT]),
  name: textThat((name) => NAME.test(name), 'chain-name'),
  powLimitBits: hexText(4),
  retargets: boolean,
  pins: list(MAX_PINS, readPin),
});
