/** Light or dark as it was chosen on the verifier page, which has the same origin and remembers it. @module */

/** Where the verifier page keeps it. */
const LOOK = 'kapsel.look.v1';

export function applyRememberedLook(
  root: { dataset: DOMStringMap },
  storage: () => Pick<Storage, 'getItem'>,
): void {
  try {
    const look = storage().getItem(LOOK);
    if (look === 'light' || look === 'dark') root.dataset.look = look;
  } catch {
    // Storage is switched off: the system's look it is.
  }
}
