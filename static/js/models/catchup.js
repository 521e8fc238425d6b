/**
 * The entries of a room in their order. Events are hints: each carries the ledger's number, which has no gaps, so a page
 * knows what it misses and asks for it.
 *
 * @typedef {{seq: number, id: string, kind: string, author: string|null, at: string, client_id?: string|null, erases?: number, html: string}} Entry
 * @typedef {{shown: Entry[], missing: boolean}} Taken  shown: to append now, in order. missing: ask for what follows `last`.
 */

export class Catchup {
  /** @param {number} last  the number of the newest entry on the page, -1 for none */
  constructor(last) {
    this.last = last;
    /** @type {Map<number, Entry>} */
    this.early = new Map();
  }

  /**
   * Take one live entry. A double changes nothing; one that came before its turn waits.
   * @param {Entry} entry
   * @returns {Taken}
   */
  take(entry) {
    if (entry.seq > this.last) this.early.set(entry.seq, entry);
    return this.#ready();
  }

  /**
   * Take an answer to "what follows `last`".
   * @param {Entry[]} entries
   * @returns {Taken}
   */
  fill(entries) {
    for (const entry of entries) if (entry.seq > this.last) this.early.set(entry.seq, entry);
    return this.#ready();
  }

  /** @returns {Taken} */
  #ready() {
    const shown = [];
    for (let next = this.early.get(this.last + 1); next; next = this.early.get(this.last + 1)) {
      this.early.delete(next.seq);
      this.last = next.seq;
      shown.push(next);
    }
    return { shown, missing: this.early.size > 0 };
  }
}
