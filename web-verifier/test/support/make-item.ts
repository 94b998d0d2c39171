/** Items for tests that check what was read already. @module */
import type { Item } from '../../src/item.ts';

export function itemOf(name: string, content: string | Uint8Array<ArrayBuffer> | null): Item {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { id: 1, place: { path: name, entry: null, line: null }, name, bytes, refusal: null };
}
