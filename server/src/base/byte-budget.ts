/** A budget of memory: bytes are taken before they are held, and a taker that finds too few is refused. @module */

/** Owned by whoever took it; given back once, however often it is asked. */
export interface ByteLease {
  /** Takes more. False, with nothing taken, when the budget has not so many left. */
  grow(bytes: number): boolean;
  release(): void;
}

export class ByteBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Whether so many could be taken now; nothing is. */
  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#limit;
  }

  /** An empty lease; grow it before each byte is held. */
  open(): ByteLease {
    let held = 0;
    let isOpen = true;
    return {
      grow: (bytes) => {
        if (!isOpen || !this.hasRoom(bytes)) return false;
        this.#used += bytes;
        held += bytes;
        return true;
      },
      release: () => {
        this.#used -= held;
        held = 0;
        isOpen = false;
      },
    };
  }
}
