/**
 * Who reads the room. The names on the page and the version that goes with a message come from one answer of the server and
 * change together: a button never names others than those who would read.
 */
import { changes } from "../models/readers.js";
import { ask } from "../models/transport.js";

/** @typedef {import("../models/readers.js").Reader} Reader */
/** @typedef {{seen: string, text: string, explanation: string, button: string}} Question  seen: the version that was named; button: selector of what names the readers now */

export class Readers extends EventTarget {
  /** @type {Promise<void>|null} */
  #asking = null;
  /** @type {Promise<boolean>} */
  #dialogs = Promise.resolve(false);

  /** @param {import("../page.js").Page} page */
  constructor(page) {
    super();
    this.page = page;
    this.audience = page.data.audience;
    /** Whom each version named, as far as this page has shown it. @type {Map<string, Reader[]>} */
    this.known = new Map([[this.audience, page.data.readers]]);
    page.live?.addEventListener("audience", (event) => {
      const { room, audience } = /** @type {CustomEvent} */ (event).detail;
      if (room === page.data.room) this.learn(audience);
    });
  }

  /** Some answer named a version: look whether it is still ours. @param {string} audience */
  async learn(audience) {
    if (audience === this.audience) return;
    const before = this.page.data.readers;
    try {
      await this.refresh();
    } catch {
      return; // the names stay with their version; the server refuses what was written for it
    }
    const { came, left } = changes(before, this.page.data.readers);
    const names = (/** @type {Reader[]} */ people) => people.map((reader) => reader.name).join(", ");
    if (came.length) this.page.tell(this.page.say("came", { names: names(came) }), "warn");
    if (left.length) this.page.tell(this.page.say("left", { names: names(left) }), "info");
  }

  /** Take every part that names the readers anew. */
  async refresh() {
    this.#asking ??= this.#load().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #load() {
    const html = await ask(`/rooms/${this.page.data.room}/readers`, { html: true });
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const now = /** @type {HTMLElement|null} */ (fresh.querySelector("[data-readers-now]"));
    if (!now) return;
    for (const selector of [".room__readers", "#composer-readers", "#file-readers", "[aria-labelledby=who]"]) replace(selector, fresh);
    for (const selector of [".composer [data-send]", "[data-action=file-all]"]) refill(selector, fresh);
    const composer = /** @type {HTMLElement|null} */ (document.querySelector("[data-composer]"));
    if (composer) composer.dataset.audience = now.dataset.audience;
    this.audience = this.page.data.audience = now.dataset.audience ?? "";
    this.page.data.readers = JSON.parse(now.dataset.readers ?? "[]");
    this.known.set(this.audience, this.page.data.readers);
    this.dispatchEvent(new CustomEvent("changed", { detail: { open: fresh.querySelector("[data-composer]") !== null } }));
  }

  /**
   * Ask the person whether to go on with the new readers. One question at a time.
   * @param {Question} question
   * @returns {Promise<boolean>}
   */
  confirm(question) {
    this.#dialogs = this.#dialogs.catch(() => false).then(() => this.#ask(question));
    return this.#dialogs;
  }

  /** @param {Question} question */
  #ask({ seen, text, explanation, button }) {
    const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById("audience-changed"));
    if (!dialog) return Promise.resolve(false);
    const { came, left } = changes(this.known.get(seen) ?? this.page.data.readers, this.page.data.readers);
    this.#list(dialog, "[data-came]", came);
    this.#list(dialog, "[data-left]", left);
    const words = dialog.querySelector(`#${dialog.id}-text`);
    if (words) words.textContent = explanation;
    const draft = dialog.querySelector("[data-draft]");
    if (draft) draft.textContent = text;
    const send = dialog.querySelector("[data-send]");
    const named = document.querySelector(button);
    if (send && named) send.replaceChildren(...[...named.childNodes].map((node) => node.cloneNode(true)));
    const focused = /** @type {HTMLElement|null} */ (document.activeElement);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        focused?.focus();
        resolve(dialog.returnValue === "send");
      }, { once: true });
    });
  }

  /** @param {HTMLDialogElement} dialog @param {string} selector @param {Reader[]} people */
  #list(dialog, selector, people) {
    const list = dialog.querySelector(selector);
    if (!list) return;
    list.replaceChildren(...people.map((reader) => {
      const item = this.page.clone("reader");
      const face = item.querySelector(".face");
      if (face) face.textContent = reader.initials;
      face?.classList.toggle("face--neutral", reader.neutral);
      for (const [slot, words] of Object.entries({ name: reader.name, role: reader.role })) {
        const place = item.querySelector(`[data-slot=${slot}]`);
        if (place) place.textContent = words;
      }
      return item;
    }));
    const section = /** @type {HTMLElement|null} */ (list.closest("section"));
    if (section) section.hidden = people.length === 0;
  }
}

/** @param {string} selector @param {Document} fresh */
function replace(selector, fresh) {
  const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
  if (old && now) old.replaceWith(document.importNode(now, true));
}

/** A button keeps its place, its listeners and the focus; its words change. @param {string} selector @param {Document} fresh */
function refill(selector, fresh) {
  const now = fresh.querySelector(selector);
  for (const old of document.querySelectorAll(selector)) {
    if (now) old.replaceChildren(...[...now.childNodes].map((node) => document.importNode(node, true)));
  }
}
