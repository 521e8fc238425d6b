/** A device's storage in memory, with the interface of the browser's. */
export class MemoryStorage {
  #records = new Map();

  get length() {
    return this.#records.size;
  }

  key(index) {
    return [...this.#records.keys()][index] ?? null;
  }

  getItem(key) {
    return this.#records.get(key) ?? null;
  }

  setItem(key, value) {
    this.#records.set(key, String(value));
  }

  removeItem(key) {
    this.#records.delete(key);
  }
}

/** One that is full or forbidden. */
export class ClosedStorage extends MemoryStorage {
  setItem() {
    throw new Error("QuotaExceededError");
  }
}
