/** Opens everything that is folded before the page is printed, and folds it again afterwards. @module */

/** Answers a function that ends it. */
export function openForPrint(page: Window): () => void {
  let opened: HTMLDetailsElement[] = [];
  const open = (): void => {
    opened = [...page.document.querySelectorAll<HTMLDetailsElement>('article details:not([open])')];
    for (const details of opened) details.open = true;
  };
  const fold = (): void => {
    for (const details of opened) details.open = false;
  };
  page.addEventListener('beforeprint', open);
  page.addEventListener('afterprint', fold);
  return () => {
    page.removeEventListener('beforeprint', open);
    page.removeEventListener('afterprint', fold);
  };
}
