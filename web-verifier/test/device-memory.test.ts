/** What a device remembers: what was put there, and nothing that is not ours. @module */
import { type PublicKey, parsePublicKey } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  type Memory,
  openMemory,
  rememberedKeys,
  rememberedLook,
  rememberKeys,
  rememberLook,
} from '../src/device-memory.ts';
import { craftPackage } from './support/craft-package.ts';

const first = keyFrom(1);
const second: PublicKey = { ...keyFrom(2), name: 'acme-prod' };

describe('the memory of the device', () => {
  it('gives back the keys with their names, and forgets them', () => {
    const memory = memoryWith();
    expect(rememberKeys(memory, [first, second])).toBe(true);
    expect(rememberedKeys(memory)).toEqual([first, second]);
    expect(rememberKeys(memory, [])).toBe(true);
    expect(rememberedKeys(memory)).toEqual([]);
  });

  it('leaves out what is no key', () => {
    const seed = '00'.repeat(32);
    const memory = memoryWith({
      'kapsel.keys.v1': `nonsense\n\n-----BEGIN PRIVATE KEY-----\n${seed}zz x\n${hexOf(first)}`,
    });
    expect(rememberedKeys(memory)).toEqual([first]);
  });

  it('is none where nothing is kept', () => {
    const broken = { ...memoryWith(), getItem: () => null };
    expect(openMemory(() => broken)).toBeNull();
    expect(openMemory(() => refusing())).toBeNull();
    expect(
      openMemory(() => {
        throw new DOMException('not here', 'SecurityError');
      }),
    ).toBeNull();
    const memory = memoryWith();
    expect(openMemory(() => memory)).toBe(memory);
    expect(memory.getItem('kapsel.probe')).toBeNull();
  });

  it('says when there is no room', () => {
    expect(rememberKeys(refusing(), [first])).toBe(false);
  });

  it('remembers the look, and takes what it does not know for the system’s', () => {
    const memory = memoryWith();
    expect(rememberedLook(memory)).toBe('system');
    rememberLook(memory, 'dark');
    expect(rememberedLook(memory)).toBe('dark');
    expect(rememberedLook(memoryWith({ 'kapsel.look.v1': 'pink' }))).toBe('system');
    expect(rememberedLook(null)).toBe('system');
    rememberLook(refusing(), 'dark');
  });
});

function keyFrom(seed: number): PublicKey {
  return parsePublicKey(craftPackage({ seed }).publicKeyHex);
}

function hexOf({ bytes }: PublicKey): string {
  return Buffer.from(bytes).toString('hex');
}

function memoryWith(members: Readonly<Record<string, string>> = {}): Memory {
  const kept = new Map(Object.entries(members));
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

function refusing(): Memory {
  return {
    ...memoryWith(),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
}
