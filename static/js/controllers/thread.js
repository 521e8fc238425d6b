/**
 * The log of a room: entries in order, days between them, what is on its way at the end, and where the reader stands.
 * New entries move the page only when the reader is at its end.
 */
import { ask } from "../models/transport.js";
import { jumpTo } from "./jump.js";

const NEAR_END = 64; // pixels from the end that still count as being there
const SPEAKING = new Set(["message.posted", "exhibit.filed"]);

/** @typedef {import("../models/catchup.js").Entry} Entry */

export class Thread extends EventTarget {
  /** @param {HTMLElement} element  [data-thread] @param {import("../page.js").Page} page */
  constructor(element, page) {
    super();
    this.element = element;
    this.page = page;
    this.unseen = 0;
    this.jump = /** @type {HTMLButtonElement|null} */ (element.parentElement?.querySelector("[data-action=jump]"));
    for (const entry of this.entries) this.#adopt(entry);
    page.writeTimes(element);
    element.addEventListener("scroll", () => this.atEnd && this.#caughtUp(), { passive: true });
    element.addEventListener("click", (event) => this.#clicked(event));
    this.jump?.addEventListener("click", () => this.toEnd());
    // A composer that grows or a keyboard that opens must not hide the last message.
    this.stuck = true;
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(element);
    element.addEventListener("scroll", () => (this.stuck = this.atEnd), { passive: true });
  }

  /** @returns {HTMLElement[]} entries of the record, without what is on its way */
  get entries() {
    return [...this.element.querySelectorAll(":scope > [data-seq]")].map((each) => /** @type {HTMLElement} */ (each));
  }

  /** @param {string} id */
  has(id) {
    return this.element.querySelector(`:scope > [data-seq][data-id="${CSS.escape(id)}"]`) !== null;
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Begin at what is new, or at the end; or at the entry the address names. */
  begin() {
    const named = location.hash.startsWith("#entry-") ? Number(location.hash.slice("#entry-".length)) : NaN;
    const unread = this.element.querySelector("[data-unread-line]");
    if (Number.isInteger(named)) this.find(named);
    else if (unread) this.element.scrollTop = Math.max(0, this.#offset(unread) - 48);
    else this.toEnd();
    this.stuck = this.atEnd;
  }

  /** @param {Entry} entry */
  append(entry) {
    if (this.has(entry.id)) return;
    const node = parse(entry.html);
    if (!node) return;
    const own = entry.author === this.page.data.me;
    const follow = this.atEnd;
    this.#adopt(node);
    this.page.writeTimes(node);
    const pending = this.element.querySelector(":scope > .is-pending, :scope > .is-failed");
    const last = this.entries.at(-1);
    this.element.insertBefore(node, pending);
    if (!last || this.#day(last) !== this.#day(node)) node.before(this.#dayLine(node));
    if (SPEAKING.has(entry.kind) && !own && (!follow || document.hidden)) this.#markNew(node);
    if (follow) this.toEnd();
    this.dispatchEvent(new CustomEvent("added", { detail: [node] }));
  }

  /** Take the words of an entry off the page, and those that others quoted of it. @param {number} seq */
  erase(seq) {
    this.#entry(seq)?.replaceChildren();
    for (const link of this.element.querySelectorAll(`.quoted a[href="#entry-${seq}"]`)) {
      link.closest(".quoted")?.querySelector("p")?.replaceChildren();
    }
  }

  /** Show an entry anew, in its place. @param {Entry} entry */
  replace(entry) {
    const node = parse(entry.html);
    if (!node) return;
    this.#adopt(node);
    this.page.writeTimes(node);
    this.#entry(entry.seq)?.replaceWith(node);
  }

  /** What is on its way stands at the end. @param {HTMLElement} node */
  appendPending(node) {
    this.element.append(node);
    this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.stuck = true;
    this.#caughtUp();
  }

  /**
   * Show an entry, loading what is before it where that is needed.
   * @param {number} seq
   */
  async find(seq) {
    while (!this.#entry(seq) && this.element.querySelector("[data-earlier]")) {
      if (!(await this.earlier())) return;
    }
    const found = this.#entry(seq);
    if (found) jumpTo(found, this.element);
  }

  /** Put the entries before the first one in place. @returns {Promise<boolean>} */
  async earlier() {
    const link = /** @type {HTMLElement|null} */ (this.element.querySelector("[data-earlier]"));
    if (!link || link.getAttribute("aria-busy") === "true") return false;
    link.setAttribute("aria-busy", "true");
    try {
      const url = `/rooms/${this.page.data.room}/entries?before=${link.dataset.earlier}`;
      const html = await ask(url, { html: true });
      this.#prepend(link, html);
      return true;
    } catch {
      link.removeAttribute("aria-busy");
      this.page.tell(this.page.say("earlier_failed"), "warn");
      return false;
    }
  }

  /** @param {HTMLElement} link @param {string} html */
  #prepend(link, html) {
    const box = new DOMParser().parseFromString(html, "text/html").body;
    const fresh = [...box.children].map((each) => /** @type {HTMLElement} */ (document.importNode(each, true)));
    const first = this.entries[0];
    const distance = this.element.scrollHeight - this.element.scrollTop;
    // What was said long ago is not news: it is not to be read aloud as it comes in.
    this.element.setAttribute("aria-live", "off");
    link.replaceWith(...fresh);
    const added = fresh.filter((each) => each.dataset.seq !== undefined);
    for (const entry of added) this.#adopt(entry);
    this.page.writeTimes(this.element);
    this.#joinDays(first, added.at(-1));
    this.element.scrollTop = this.element.scrollHeight - distance;
    setTimeout(() => this.element.setAttribute("aria-live", "polite"), 500);
    this.dispatchEvent(new CustomEvent("added", { detail: added }));
  }

  /** Two pages may each begin or end in the middle of a day. @param {HTMLElement} first @param {HTMLElement|undefined} last */
  #joinDays(first, last) {
    const line = first?.previousElementSibling;
    if (last && line?.classList.contains("thread__day") && this.#day(first) === this.#day(last)) line.remove();
  }

  /** @param {HTMLElement} entry */
  #adopt(entry) {
    if (entry.dataset.author === this.page.data.me) entry.classList.add("is-own");
    // How far a message is read changes all the time: to be looked up, not to be read aloud.
    entry.querySelector("[data-seen]")?.setAttribute("aria-live", "off");
  }

  /** @param {HTMLElement} node */
  #markNew(node) {
    const line = this.element.querySelector("[data-unread-line]");
    if (this.unseen === 0) {
      line?.remove();
      node.before(this.page.clone("unread"));
    }
    this.unseen += 1;
    this.#showJump();
  }

  #caughtUp() {
    if (document.hidden) return;
    this.unseen = 0;
    this.#showJump();
  }

  #showJump() {
    if (!this.jump) return;
    this.jump.hidden = this.unseen === 0;
    const words = this.jump.querySelector("[data-jump-text]");
    const sentence = this.unseen === 1 ? this.page.say("new_one") : this.page.say("new_many", { n: this.unseen });
    if (words && this.unseen) words.textContent = sentence;
  }

  /** @param {Event} event */
  #clicked(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("[data-earlier]")) {
      event.preventDefault();
      this.earlier();
    }
    const reference = target.closest(".quoted a[href^='#entry-']");
    if (reference) {
      event.preventDefault();
      this.find(Number(reference.getAttribute("href")?.slice("#entry-".length)));
    }
  }

  /** @param {number} seq */
  #entry(seq) {
    return /** @type {HTMLElement|null} */ (this.element.querySelector(`:scope > [data-seq="${seq}"]`));
  }

  /** @param {HTMLElement} entry */
  #day(entry) {
    return this.page.times.day(entry.querySelector("time")?.dateTime ?? "");
  }

  /** @param {HTMLElement} entry */
  #dayLine(entry) {
    const line = this.page.clone("day");
    const time = /** @type {HTMLTimeElement} */ (line.querySelector("time"));
    time.dateTime = entry.querySelector("time")?.dateTime ?? "";
    this.page.writeTime(time);
    return line;
  }

  /** @param {Element} element */
  #offset(element) {
    return element.getBoundingClientRect().top - this.element.getBoundingClientRect().top + this.element.scrollTop;
  }
}

/** @param {string} html @returns {HTMLElement|null} */
function parse(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  return body.firstElementChild ? /** @type {HTMLElement} */ (document.importNode(body.firstElementChild, true)) : null;
}
