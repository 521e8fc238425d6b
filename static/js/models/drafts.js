import { attempt, keysOf, record } from "./storage.js";

/**
 * What a person began to write in one room: on the device at once, on the server a moment later. It belongs to that person
 * and that room and never travels.
 *
 * @typedef {{text: string, at: number, saved: boolean}} DeviceDraft  at: milliseconds by the server's clock
 * @typedef {{text: string, at: number}} ServerDraft
 */

export const DRAFTS = "caseroom:draft:";

export class Draft {
  /** @param {Storage} storage @param {string} key  person and room */
  constructor(storage, key) {
    this.storage = storage;
    this.key = DRAFTS + key;
  }

  /**
   * The newest of what the server and this device have.
   * @param {ServerDraft|null} server
   * @returns {{text: string, unsaved: boolean}}  unsaved: the server does not have it yet
   */
  newest(server) {
    const device = this.#read();
    if (!device) return { text: server?.text ?? "", unsaved: false };
    if (device.saved || (server && server.at >= device.at)) {
      // What was saved and is no longer on the server was sent or deleted on another device.
      this.clear();
      return { text: server?.text ?? "", unsaved: false };
    }
    return { text: device.text, unsaved: true };
  }

  /**
   * An emptied draft is kept too, as empty: else an older one would come back from the server.
   * @param {string} text @param {number} at
   * @returns {boolean} whether the device has it
   */
  keep(text, at) {
    return this.#write({ text, at, saved: false });
  }

  /** The server has this text now. @param {string} text @param {number} at */
  saved(text, at) {
    if (this.#read()?.text !== text) return;
    if (text) this.#write({ text, at, saved: true });
    else this.clear();
  }

  clear() {
    return attempt(() => this.storage.removeItem(this.key));
  }

  /** @returns {DeviceDraft|null} */
  #read() {
    const kept = record(this.storage, this.key);
    return kept && typeof kept.text === "string" ? kept : null;
  }

  /** @param {DeviceDraft} draft */
  #write(draft) {
    return attempt(() => this.storage.setItem(this.key, JSON.stringify(draft)));
  }
}

/**
 * Signing out of a device leaves no draft on it that the server has; what the server lacks stays, or it would be lost.
 * @param {Storage} storage
 */
export function forgetSavedDrafts(storage) {
  for (const key of keysOf(storage, DRAFTS)) if (record(storage, key)?.saved !== false) storage.removeItem(key);
}
