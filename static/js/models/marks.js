/**
 * How far a room is read: bare numbers in ascending order, one per reader, without names.
 *
 * @typedef {{state: "received"|"read"|"", n: number, total: number}} Seen  state "": nothing to say yet
 */

/**
 * @param {number[]} marks  the last entry shown to each reader
 * @param {number} seq
 * @param {boolean} own  whether the viewer wrote it
 * @returns {Seen}
 */
export function seen(marks, seq, own) {
  const n = marks.filter((mark) => mark >= seq).length;
  // Its author has read it, which is no news: "read" begins with the second.
  if (n >= 2) return { state: "read", n, total: marks.length };
  return { state: own ? "received" : "", n, total: marks.length };
}

/** What of one's own reading still has to be told. */
export class ReadMark {
  /** @param {number} told */
  constructor(told) {
    this.told = told;
    this.reached = told;
  }

  /** @param {number} seq @returns {boolean} whether there is something to tell */
  saw(seq) {
    this.reached = Math.max(this.reached, seq);
    return this.reached > this.told;
  }

  /** @returns {number|null} the number to tell, once */
  take() {
    if (this.reached <= this.told) return null;
    this.told = this.reached;
    return this.told;
  }

  /** It did not arrive: tell it again. @param {number} seq */
  failed(seq) {
    if (this.told === seq) this.told = seq - 1;
  }
}
