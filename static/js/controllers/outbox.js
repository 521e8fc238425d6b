/**
 * Messages on their way. Each stands in the thread at once as "waiting" and goes out in order, over the socket or, where
 * sockets are blocked, as a request; nothing is dropped before the server has acknowledged it or the person has decided.
 */
import { PendingQueue } from "../models/pending.js";
import { ask, Refused, Unreachable } from "../models/transport.js";
import { Bubble } from "./bubble.js";

const AGAIN_MS = 4000;

/** @typedef {import("../models/pending.js").Item} Item */

export class Outbox {
  #timer = 0;
  /** @type {Map<Item, Bubble>} */
  #bubbles = new Map();

  /**
   * @param {import("../page.js").Page} page
   * @param {{thread: import("./thread.js").Thread, composer: import("./composer.js").Composer,
   *          readers: import("./audience.js").Readers, acknowledged: (seq: number) => void}} parts
   */
  constructor(page, { thread, composer, readers, acknowledged }) {
    this.page = page;
    this.thread = thread;
    this.composer = composer;
    this.readers = readers;
    this.acknowledged = acknowledged;
    this.queue = new PendingQueue(localStorage, `${page.data.me}:${page.data.room}`, { staleReason: page.say("stale") });
    for (const item of this.queue.items) this.#show(item);
    composer.addEventListener("send", (event) => this.send(/** @type {CustomEvent} */ (event).detail));
    page.live?.addEventListener("state", () => this.flush());
    page.live?.addEventListener("closed", (event) => {
      // Somebody who was removed leaves nothing of the room on the device; somebody signed out comes back to it.
      if (/** @type {CustomEvent} */ (event).detail === "gone") this.queue.clear();
    });
    thread.element.addEventListener("click", (event) => this.#clicked(/** @type {HTMLElement} */ (event.target)));
    this.flush();
  }

  /** @param {{body: string, audience: string, quotes: string|null, quoted: {author: string, excerpt: string}|null}} message */
  send(message) {
    this.#show(this.queue.add(message));
    this.flush();
  }

  /** An entry is in the thread: what stood for it goes. @param {import("../models/catchup.js").Entry} entry */
  arrived(entry) {
    for (const [item, bubble] of this.#bubbles) {
      if (item.clientId === entry.client_id || bubble.element.dataset.id === entry.id) this.#drop(item);
    }
  }

  async flush() {
    clearTimeout(this.#timer);
    const item = this.queue.next();
    if (!item || !["live", "polling"].includes(this.page.live?.state ?? "")) return;
    this.queue.mark(item, "sending");
    try {
      this.#posted(item, await this.#post(item));
    } catch (error) {
      await this.#notPosted(item, error);
    }
    if (this.queue.next()) this.#timer = setTimeout(() => this.flush(), item.state === "waiting" ? AGAIN_MS : 0);
  }

  /** @param {Item} item @returns {Promise<{id: string, seq: number}>} */
  async #post(item) {
    if (this.page.live?.state !== "live") return this.#postByRequest(item);
    const { clientId: client_id, body, audience, quotes } = item;
    const seen = this.page.seen?.stated() ?? undefined;
    let answer;
    try {
      answer = await this.page.live.request("post", { room: this.page.data.room, body, audience, client_id, quotes, seen });
    } catch (error) {
      throw new Unreachable(String(error));
    }
    if (!answer.ok) throw new Refused(answer.status, answer);
    return answer;
  }

  /** @param {Item} item */
  #postByRequest({ clientId, body, audience, quotes }) {
    return ask(`/api/v1/rooms/${this.page.data.room}/messages`, {
      method: "POST",
      csrf: this.page.csrf,
      headers: { "If-Match": `"${audience}"`, "Idempotency-Key": clientId, ...this.page.seen?.header },
      json: quotes ? { body, quotes } : { body },
    });
  }

  /** @param {Item} item @param {{id: string, seq: number}} answer */
  #posted(item, { id, seq }) {
    this.queue.remove(item);
    this.composer.acknowledged();
    if (this.thread.has(id)) this.#drop(item);
    this.#bubbles.get(item)?.received(id);
    this.acknowledged(seq);
  }

  /** @param {Item} item @param {unknown} error */
  async #notPosted(item, error) {
    // Without its signer the server keeps the message or does not: sent again as the same one, it stands there once.
    if (!(error instanceof Refused) || error.code === "signer_unavailable") {
      this.queue.mark(item, "waiting");
      if (!(error instanceof Refused) && this.page.live?.state === "polling") this.page.live.learned(false);
    } else if (error.status === 412) await this.#askAgain(item);
    else if (error.status === 401) this.page.live?.close("signed-out");
    else if (error.status === 404) this.page.live?.close("gone");
    else {
      if (error.code === "history_differs") this.page.seen?.contradicted();
      this.queue.mark(item, "failed", error.sentence || this.page.say("failed"));
      this.#bubbles.get(item)?.failed(item.reason);
    }
  }

  /** The readers are no longer those the person saw named. @param {Item} item */
  async #askAgain(item) {
    this.queue.mark(item, "asking");
    try {
      await this.readers.refresh();
    } catch {
      return this.queue.mark(item, "waiting");
    }
    const sends = await this.readers.confirm({
      seen: item.audience,
      text: item.body,
      explanation: this.page.say("not_sent"),
      button: ".composer [data-send]",
    });
    return sends ? this.queue.retry(item, this.readers.audience) : this.#takeBack(item);
  }

  /** @param {Item} item */
  #show(item) {
    const bubble = new Bubble(item, this.page);
    this.#bubbles.set(item, bubble);
    this.thread.appendPending(bubble.element);
  }

  /** @param {Item} item */
  #drop(item) {
    this.#bubbles.get(item)?.remove();
    this.#bubbles.delete(item);
    this.queue.remove(item);
  }

  /** @param {Item} item */
  #takeBack(item) {
    this.#drop(item);
    this.composer.takeBack(item);
    this.page.announce(this.page.say("draft_back"));
  }

  /** @param {HTMLElement} target */
  #clicked(target) {
    const button = /** @type {HTMLElement|null} */ (target.closest("[data-action=retry], [data-action=take-back]"));
    const bubble = /** @type {HTMLElement|null} */ (button?.closest("[data-client]") ?? null);
    const item = this.queue.find(bubble?.dataset.client);
    if (!item || !button) return;
    if (button.dataset.action === "take-back") return this.#takeBack(item);
    this.#bubbles.get(item)?.waiting();
    // For the readers it was written for: should they have changed, the server says so and the person is asked.
    this.queue.mark(item, "waiting");
    this.flush();
  }
}
