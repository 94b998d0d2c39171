/** Paper shows what is folded on the screen; afterwards the screen is as it was. @module */
import { describe, expect, it } from 'vitest';
import { openForPrint } from '../src/print-view.ts';

describe('openForPrint', () => {
  it('opens for the paper, folds what it opened, and ends', () => {
    const folded = { open: false };
    const page = Object.assign(new EventTarget(), {
      document: { querySelectorAll: () => (folded.open ? [] : [folded]) },
    });
    const end = openForPrint(page as unknown as Window);
    page.dispatchEvent(new Event('beforeprint'));
    expect(folded.open).toBe(true);
    page.dispatchEvent(new Event('afterprint'));
    expect(folded.open).toBe(false);
    end();
    page.dispatchEvent(new Event('beforeprint'));
    expect(folded.open).toBe(false);
  });
});
