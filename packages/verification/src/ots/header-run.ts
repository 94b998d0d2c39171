/** A run of consecutive block headers: each names the one before, and the targets follow the rule of difficulty. @module */
import { equalBytes } from '../bytes.ts';
import type { BlockHeader, HeaderFields } from './block-header.ts';
import {
  bitsOfTarget,
  displayHash,
  HEADER_BYTES,
  headerFields,
  parseBlockHeader,
  ROOT_AT,
  refusedHeader,
  targetOfBits,
} from './block-header.ts';
import type { ChainParameters } from './chain.ts';

/** A run whose headers hold together. The bytes stay as they are: a whole chain of headers has a million. */
export interface HeaderRun {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** The height of the first header: as it was given, or as a pinned block in the run tells; null if nobody says. */
  readonly firstHeight: number | null;
  /**
   * The last pinned block of the run, or null. It vouches for all headers before it, since each hash is named by the
   * next header; it says nothing of those after it.
   */
  readonly lastPinHeight: number | null;
}

const PERIOD = 2_016; // blocks from one change of difficulty to the next
const PERIOD_SECONDS = 1_209_600; // two weeks
const STEP = 4; // the most by which a target changes at once

/**
 * Reads 80-byte headers in a row. Throws `E_ANCHOR_MISMATCH` where one lacks its work, names another predecessor or has
 * a target that the rule does not give, and where a pinned block contradicts the height.
 * @example parseHeaderRun(await readFile('headers.bin'), 356832, bitcoinMainnet())
 */
export function parseHeaderRun(
  bytes: Uint8Array,
  firstHeight: number | null,
  chain: ChainParameters,
): HeaderRun {
  const count = bytes.length / HEADER_BYTES;
  if (count === 0 || !Number.isInteger(count)) {
    const values = { expected: `${HEADER_BYTES}`, actual: `${bytes.length}` };
    throw refusedHeader('header-bytes', values);
  }
  const pins = findPins(bytes, count, chain);
  const height = pins.firstHeight ?? firstHeight;
  if (firstHeight !== null && height !== firstHeight) {
    throw refusedHeader('header-height', { expected: `${height}`, actual: `${firstHeight}` });
  }
  if (height !== null) assertPinsMet(height, count, pins.count, chain);
  assertTargets(bytes, count, height, chain);
  return { bytes, count, firstHeight: height, lastPinHeight: pins.lastHeight };
}

/** The header of this height, or null where the run does not reach it or has no heights. Work was checked before. */
export function headerOfHeight(
  run: HeaderRun,
  height: number,
  chain: ChainParameters,
): BlockHeader | null {
  const i = run.firstHeight === null ? -1 : height - run.firstHeight;
  return i < 0 || i >= run.count ? null : headerAt(run.bytes, i, chain);
}

/** The first header with this Merkle root, or null. */
export function headerOfRoot(
  run: HeaderRun,
  merkleRoot: Uint8Array,
  chain: ChainParameters,
): BlockHeader | null {
  for (let i = 0; i < run.count; i++) {
    const at = HEADER_BYTES * i + ROOT_AT;
    const isIt = equalBytes(run.bytes.subarray(at, at + merkleRoot.length), merkleRoot);
    if (isIt) return headerAt(run.bytes, i, chain);
  }
  return null;
}

interface PinsOfRun {
  readonly firstHeight: number | null;
  readonly lastHeight: number | null;
  readonly count: number;
}

/** Looks for pinned blocks, and checks work and links on the way. */
function findPins(bytes: Uint8Array, count: number, chain: ChainParameters): PinsOfRun {
  const heights = new Map(chain.pins.map(({ height, hash }) => [hash, height]));
  let firstHeight: number | null = null;
  let lastHeight: number | null = null;
  let found = 0;
  let previous: BlockHeader | null = null;
  for (let i = 0; i < count; i++) {
    const header = headerAt(bytes, i, chain);
    if (previous !== null && !equalBytes(header.previousHash, previous.hash)) {
      throw refusedHeader('header-link', { actual: `${i}` });
    }
    previous = header;
    const pinHeight = heights.get(displayHash(header.hash));
    if (pinHeight === undefined) continue;
    firstHeight ??= pinHeight - i;
    if (pinHeight - i !== firstHeight) {
      const values = { expected: `${pinHeight - i}`, actual: `${firstHeight}` };
      throw refusedHeader('header-height', values);
    }
    lastHeight = pinHeight;
    found += 1;
  }
  return { firstHeight, lastHeight, count: found };
}

/** A run that reaches the height of a pin holds the pinned block there: otherwise it is of another chain. */
function assertPinsMet(
  firstHeight: number,
  count: number,
  found: number,
  chain: ChainParameters,
): void {
  const end = firstHeight + count;
  const reached = chain.pins.filter(({ height }) => height >= firstHeight && height < end);
  if (found < reached.length) throw refusedHeader('header-pin', { expected: chain.name });
}

function assertTargets(
  bytes: Uint8Array,
  count: number,
  firstHeight: number | null,
  chain: ChainParameters,
): void {
  let periodStart: HeaderFields | null = null;
  let previous: HeaderFields | null = null;
  for (let i = 0; i < count; i++) {
    const header = fieldsAt(bytes, i);
    const isStart = firstHeight !== null && (firstHeight + i) % PERIOD === 0;
    const mayChange = chain.retargets && (isStart || firstHeight === null);
    const isGood =
      previous === null ||
      (mayChange
        ? isNextTarget(header, previous, isStart ? periodStart : null, chain)
        : header.bits === previous.bits);
    if (!isGood) throw refusedHeader('header-bits', { actual: `${i}` });
    if (isStart) periodStart = header;
    previous = header;
  }
}

/** With the first header of the period the target is known to the bit, without it only how far it may have gone. */
function isNextTarget(
  header: HeaderFields,
  previous: HeaderFields,
  periodStart: HeaderFields | null,
  chain: ChainParameters,
): boolean {
  if (periodStart !== null) {
    const seconds = previous.time - periodStart.time;
    return header.bits === bitsAfter(previous, seconds, chain);
  }
  const target = targetOf(header.bits);
  const least = targetOf(bitsAfter(previous, PERIOD_SECONDS / STEP, chain));
  const most = targetOf(bitsAfter(previous, PERIOD_SECONDS * STEP, chain));
  return target >= least && target <= most;
}

/** The bits of the period after one that took so many seconds. */
function bitsAfter(last: HeaderFields, seconds: number, chain: ChainParameters): number {
  const bounded = Math.min(Math.max(seconds, PERIOD_SECONDS / STEP), PERIOD_SECONDS * STEP);
  const target = (targetOf(last.bits) * BigInt(bounded)) / BigInt(PERIOD_SECONDS);
  const limit = targetOf(chain.powLimitBits);
  return bitsOfTarget(target < limit ? target : limit);
}

function targetOf(bits: number): bigint {
  return targetOfBits(bits) ?? 0n;
}

function headerAt(bytes: Uint8Array, i: number, chain: ChainParameters): BlockHeader {
  return parseBlockHeader(bytesAt(bytes, i), chain.powLimitBits);
}

function fieldsAt(bytes: Uint8Array, i: number): HeaderFields {
  return headerFields(bytesAt(bytes, i));
}

function bytesAt(bytes: Uint8Array, i: number): Uint8Array {
  return bytes.subarray(HEADER_BYTES * i, HEADER_BYTES * (i + 1));
}
