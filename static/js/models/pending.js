import { attempt, keysOf, record } from "./storage.js";

/**
 * Messages that were sent and not yet acknowledged. They are kept on the device, one record each, so that neither a reload
 * nor a second tab loses one; a resend carries the same client id, which makes it the same post.
 *
 * @typedef {"waiting"|"sending"|"asking"|"failed"} State
 * @typedef {{clientId: string, body: string, quotes: string|null, quoted: {author: string, excerpt: string}|null,
 *            audience: string, at: number, order: number, state: State, reason: string}} Item
 */

/** The server knows a client id for 24 hours; after that a resend could double a message. */
export const RESEND_MS = 20 * 60 * 60 * 1000;

export class PendingQueue {
  /**
   * @param {Storage} storage
   * @param {string} key  person and room
   * @param {{now?: () => number, newId?: () => string, staleReason?: string}} [options]
   */
  constructor(storage, key, { now = Date.now, newId = () => crypto.randomUUID(), staleReason = "" } = {}) {
    this.storage = storage;
    this.prefix = `caseroom:pending:${key}:`;
    this.now = now;
    this.newId = newId;
    /** @type {Item[]} */
    this.items = this.#restore(staleReason);
  }

  /**
   * @param {{body: string, audience: string, quotes?: string|null, quoted?: {author: string, excerpt: string}|null}} message
   * @returns {Item}
   */
  add({ body, audience, quotes = null, quoted = null }) {
    const order = this.items.reduce((most, item) => Math.max(most, item.order), 0) + 1;
    /** @type {Item} */
    const item = { clientId: this.newId(), body, quotes, quoted, audience, at: this.now(), order, state: "waiting", reason: "" };
    this.items.push(item);
    this.#keep(item);
    return item;
  }

  /** @param {string|null|undefined} clientId */
  find(clientId) {
    return this.items.find((item) => item.clientId === clientId);
  }

  /**
   * The message to send now: the oldest, one at a time. While somebody is asked about new readers nothing goes out.
   * @returns {Item|undefined}
   */
  next() {
    if (this.items.some((item) => item.state === "sending" || item.state === "asking")) return undefined;
    return this.items.find((item) => item.state === "waiting");
  }

  /** @param {Item} item @param {State} state @param {string} [reason] */
  mark(item, state, reason = "") {
    item.state = state;
    item.reason = reason;
    if (this.items.includes(item)) this.#keep(item);
  }

  /**
   * Send again, for the readers the person has just seen named.
   * @param {Item} item @param {string} audience
   */
  retry(item, audience) {
    item.audience = audience;
    this.mark(item, "waiting");
  }

  /**
   * Take an item out: it was acknowledged, or it goes back to the composer.
   * @param {Item} item
   */
  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    attempt(() => this.storage.removeItem(this.prefix + item.clientId));
  }

  clear() {
    for (const item of [...this.items]) this.remove(item);
  }

  /** @param {Item} item */
  #keep(item) {
    attempt(() => this.storage.setItem(this.prefix + item.clientId, JSON.stringify(item)));
  }

  /** @param {string} staleReason @returns {Item[]} */
  #restore(staleReason) {
    const items = keysOf(this.storage, this.prefix).map((key) => record(this.storage, key));
    const kept = /** @type {Item[]} */ (items.filter((item) => item && typeof item.body === "string" && item.clientId));
    for (const item of kept) {
      const stale = this.now() - item.at > RESEND_MS;
      item.state = stale || item.state === "failed" ? "failed" : "waiting";
      item.reason = stale ? staleReason : item.reason;
    }
    return kept.sort((one, other) => one.at - other.at || one.order - other.order);
  }
}
