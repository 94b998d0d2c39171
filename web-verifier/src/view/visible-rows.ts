/** Which rows of a long list can be seen, so that ten thousand results cost no more than a screenful. @module */
import { type RefObject, useCallback, useEffect, useState } from 'react';

/** The height of a row, as in the style sheet. */
const ROW_REM = 3;
/** Rows drawn above and below, so that scrolling shows no gaps. */
const SPARE_ROWS = 10;
/** A list that is not longer is drawn whole: find-in-page and printing then see all of it. */
const ALWAYS_DRAWN = 200;

export interface VisibleRows {
  readonly first: number;
  /** One past the last. */
  readonly last: number;
  readonly rowPx: number;
  readonly scrollTo: (row: number) => void;
}

export function useVisibleRows(box: RefObject<HTMLElement | null>, count: number): VisibleRows {
  const [rowPx] = useState(() => ROW_REM * remPx());
  const [view, setView] = useState({ topPx: 0, heightPx: 0 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = (): void => setView({ topPx: element.scrollTop, heightPx: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box]);
  const scrollTo = useCallback(
    (row: number) => {
      const element = box.current;
      if (element === null) return;
      const topPx = row * rowPx;
      const endPx = topPx + rowPx - element.clientHeight;
      if (element.scrollTop > topPx) element.scrollTop = topPx;
      else if (element.scrollTop < endPx) element.scrollTop = endPx;
    },
    [box, rowPx],
  );
  if (count <= ALWAYS_DRAWN) return { first: 0, last: count, rowPx, scrollTo };
  const first = Math.max(0, Math.floor(view.topPx / rowPx) - SPARE_ROWS);
  const last = Math.min(count, Math.ceil((view.topPx + view.heightPx) / rowPx) + SPARE_ROWS);
  return { first, last, rowPx, scrollTo };
}

function remPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
