/** What the page remembers on this device, if the person wants it: pinned keys, and the look. Nothing else is ever kept. @module */
import { hexFromBytes, type PublicKey } from '@kapsel/verification';
import { readKeyText } from './trusted-keys.ts';

/** The part of `localStorage` that is used. */
export type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export type Look = 'system' | 'light' | 'dark';

const KEYS = 'kapsel.keys.v1';
const LOOK = 'kapsel.look.v1';
const PROBE = 'kapsel.probe';
const MAX_KEYS = 100;

/** The device's memory, or null where a text that is written cannot be read back. */
export function openMemory(storage: () => Memory): Memory | null {
  try {
    const memory = storage();
    memory.setItem(PROBE, PROBE);
    const isKept = memory.getItem(PROBE) === PROBE;
    memory.removeItem(PROBE);
    return isKept ? memory : null;
  } catch {
    return null; // switched off, full, or a page that may not have one
  }
}

/** The remembered keys, each with the name it had; empty when none are, or what is there is not ours. */
export function rememberedKeys(memory: Memory | null): readonly PublicKey[] {
  const lines = memory?.getItem(KEYS)?.split('\n').slice(0, MAX_KEYS) ?? [];
  return lines.flatMap((line) => {
    const [hex = '', name = null] = line.split(' ');
    const reading = readKeyText(hex);
    return reading.kind === 'key' ? [{ ...reading.key, name }] : [];
  });
}

/** Remembers these keys and no others. False when the device refuses. */
export function rememberKeys(memory: Memory, keys: readonly PublicKey[]): boolean {
  if (keys.length === 0) {
    memory.removeItem(KEYS);
    return true;
  }
  try {
    // A name of a verifier key has no space and no line end.
    const lines = keys.map(({ bytes, name }) => [hexFromBytes(bytes), name ?? []].flat().join(' '));
    memory.setItem(KEYS, lines.join('\n'));
    return true;
  } catch {
    return false; // no room is left
  }
}

export function rememberedLook(memory: Memory | null): Look {
  const look = memory?.getItem(LOOK);
  return look === 'light' || look === 'dark' ? look : 'system';
}

export function rememberLook(memory: Memory | null, look: Look): void {
  try {
    memory?.setItem(LOOK, look);
  } catch {
    // No room is left: the look lasts as long as the page.
  }
}
