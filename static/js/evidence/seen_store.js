/**
 * Where a browser keeps the last checkpoint of each case it has seen: IndexedDB, which belongs to this server's address alone.
 * Where there is none (a private window, a browser that forbids it) the page itself remembers, until it is closed.
 *
 * @typedef {{case: string, size: number, root: string, note: string, vkey: string, at: number}} Kept  root: hex; at: ms since 1970
 * @typedef {{size: number, root: string, note: string, vkey: string}} Shown
 * @typedef {{case: string, size: number, root: string, why: string, at: number, kept: Kept, shown: Shown|null, proof: string[]}} Conflict
 *   size and root of what was shown; proof: the base64 hashes that should have led from one to the other
 * @typedef {{lasting: boolean, kept: (id: string) => Promise<Kept|null>,
 *            replace: (expected: Kept|null, next: Kept) => Promise<boolean>,
 *            accuse: (conflict: Conflict) => Promise<void>, conflicts: (id: string) => Promise<Conflict[]>}} SeenStore
 *   replace: only where what is kept is still what was expected, in one step, so that two tabs cannot undo each other
 */

const NAME = "caseroom-evidence";
const KEPT = "kept";
const CONFLICTS = "conflicts";

/** @returns {Promise<SeenStore>} */
export async function openSeenStore() {
  try {
    const store = new BrowserStore(await opened());
    await store.kept(""); // some private windows open a database and then refuse to read it
    return store;
  } catch {
    return new PageStore();
  }
}

/** Kept in the browser, for all pages and tabs of this address. @implements {SeenStore} */
class BrowserStore {
  lasting = true;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** @param {string} id @returns {Promise<Kept|null>} */
  async kept(id) {
    return (await answer(this.database.transaction(KEPT).objectStore(KEPT).get(id))) ?? null;
  }

  /** @param {Kept|null} expected @param {Kept} next */
  async replace(expected, next) {
    const transaction = this.database.transaction(KEPT, "readwrite");
    const store = transaction.objectStore(KEPT);
    const now = (await answer(store.get(next.case))) ?? null;
    if (!unchanged(now, expected)) return false;
    store.put(next);
    await done(transaction);
    return true;
  }

  /** @param {Conflict} conflict */
  async accuse(conflict) {
    const transaction = this.database.transaction(CONFLICTS, "readwrite");
    const store = transaction.objectStore(CONFLICTS);
    // The first time it was seen is the one that counts.
    if ((await answer(store.getKey(keyOf(conflict)))) === undefined) store.put(conflict);
    await done(transaction);
  }

  /** @param {string} id @returns {Promise<Conflict[]>} */
  async conflicts(id) {
    const all = IDBKeyRange.bound([id], [id, []]);
    return answer(this.database.transaction(CONFLICTS).objectStore(CONFLICTS).getAll(all));
  }
}

/** Remembered by this page alone. @implements {SeenStore} */
export class PageStore {
  lasting = false;
  /** @type {Map<string, Kept>} */
  #kept = new Map();
  /** @type {Map<string, Conflict>} */
  #conflicts = new Map();

  /** @param {string} id */
  async kept(id) {
    return this.#kept.get(id) ?? null;
  }

  /** @param {Kept|null} expected @param {Kept} next */
  async replace(expected, next) {
    if (!unchanged(this.#kept.get(next.case) ?? null, expected)) return false;
    this.#kept.set(next.case, next);
    return true;
  }

  /** @param {Conflict} conflict */
  async accuse(conflict) {
    const key = JSON.stringify(keyOf(conflict));
    if (!this.#conflicts.has(key)) this.#conflicts.set(key, conflict);
  }

  /** @param {string} id */
  async conflicts(id) {
    return [...this.#conflicts.values()].filter((conflict) => conflict.case === id);
  }
}

/** @param {Kept|null} now @param {Kept|null} expected */
function unchanged(now, expected) {
  return now?.size === expected?.size && now?.root === expected?.root;
}

/** @param {Conflict} conflict */
function keyOf(conflict) {
  return [conflict.case, conflict.size, conflict.root, conflict.why];
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(KEPT, { keyPath: "case" });
    request.result.createObjectStore(CONFLICTS, { keyPath: ["case", "size", "root", "why"] });
  };
  return answer(request);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
