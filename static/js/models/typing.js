/** Who is writing: what this page tells, and what it was told. Both forget by themselves. */

export const TELL_EVERY_MS = 3000;
export const BELIEVE_MS = 6000;

/** When to tell the others that one is writing, and when that one has stopped. */
export class TypingTeller {
  #told = -Infinity;

  /** A key was pressed. @param {number} now @returns {boolean} whether to tell */
  pressed(now) {
    if (now - this.#told < TELL_EVERY_MS) return false;
    this.#told = now;
    return true;
  }

  /** Sent, or emptied. @returns {boolean} whether to tell */
  stopped() {
    const was = this.#told !== -Infinity;
    this.#told = -Infinity;
    return was;
  }
}

export class TypingPeople {
  /** @type {Map<string, number>} */
  #until = new Map();

  /** @param {string} pid @param {boolean} on @param {number} now */
  told(pid, on, now) {
    if (on) this.#until.set(pid, now + BELIEVE_MS);
    else this.#until.delete(pid);
  }

  /** @param {number} now @returns {string[]} in the order in which they began */
  writing(now) {
    for (const [pid, until] of this.#until) if (until <= now) this.#until.delete(pid);
    return [...this.#until.keys()];
  }
}
