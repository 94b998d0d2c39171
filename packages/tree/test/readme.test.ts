import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

function readText(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

test('the example of the README runs, and is the one that is shown', async () => {
  await import('./readme-example.ts');
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(readText('../README.md')) ?? [];
  const [, ...lines] = readText('./readme-example.ts').split('\n');
  expect(shown).toBe(lines.join('\n'));
});
