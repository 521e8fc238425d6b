/** How far the room is read: by this person, told when an entry was on a visible screen; by all, shown beside each entry. */
import { ReadMark, seen } from "../models/marks.js";
import { ask } from "../models/transport.js";

const SETTLE_MS = 400;

export class Reading {
  /** @type {Set<HTMLElement>} */
  #onScreen = new Set();
  #timer = 0;

  /** @param {import("./thread.js").Thread} thread @param {import("../page.js").Page} page */
  constructor(thread, page) {
    this.thread = thread;
    this.page = page;
    this.marks = page.data.marks ?? [];
    this.mark = new ReadMark(-1);
    this.observer = new IntersectionObserver((changes) => this.#looked(changes), { root: thread.element, threshold: [0, 0.5, 1] });
    for (const entry of thread.entries) this.observer.observe(entry);
    thread.addEventListener("added", (event) => {
      for (const entry of /** @type {CustomEvent} */ (event).detail) this.observer.observe(entry);
      this.show();
    });
    document.addEventListener("visibilitychange", () => this.#settle());
    page.live?.addEventListener("state", () => this.#settle());
    this.show();
  }

  /** @param {number[]} marks */
  update(marks) {
    this.marks = marks;
    this.show();
  }

  /** Write the state beside each entry. */
  show() {
    for (const entry of this.thread.entries) {
      const slot = /** @type {HTMLElement|null} */ (entry.querySelector("[data-seen]"));
      if (slot) this.#write(slot, Number(entry.dataset.seq), entry.classList.contains("is-own"));
    }
  }

  /** @param {HTMLElement} slot @param {number} seq @param {boolean} own */
  #write(slot, seq, own) {
    const { state, n, total } = seen(this.marks, seq, own);
    slot.hidden = state === "";
    slot.dataset.state = state;
    const words = slot.querySelector("[data-seen-text]");
    const sentence = state === "read" ? this.page.say("read", { n, total }) : this.page.say("received");
    if (words && words.textContent !== sentence) words.textContent = sentence;
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #looked(changes) {
    for (const { target, isIntersecting, intersectionRatio, boundingClientRect, rootBounds } of changes) {
      // A long message is seen once its end is: half of it may never fit.
      const end = rootBounds !== null && boundingClientRect.bottom <= rootBounds.bottom + 1;
      const entry = /** @type {HTMLElement} */ (target);
      if (isIntersecting && (intersectionRatio >= 0.5 || end)) this.#onScreen.add(entry);
      else this.#onScreen.delete(entry);
    }
    this.#settle();
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), SETTLE_MS);
  }

  async #tell() {
    const { live } = this.page;
    if (document.hidden || !live || !["live", "polling"].includes(live.state)) return;
    for (const entry of this.#onScreen) this.mark.saw(Number(entry.dataset.seq));
    const seq = this.mark.take();
    if (seq === null) return;
    const { room } = this.page.data;
    try {
      if (live.state === "live") await live.request("read", { room, seq });
      else await ask(`/rooms/${room}/read`, { method: "PUT", json: { seq }, csrf: this.page.csrf });
    } catch {
      this.mark.failed(seq);
    }
  }
}
