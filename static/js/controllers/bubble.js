/** What stands in the thread for a message that the server has not answered yet. */

/** @typedef {import("../models/pending.js").Item} Item */

export class Bubble {
  /** @param {Item} item @param {import("../page.js").Page} page */
  constructor(item, page) {
    this.page = page;
    this.element = page.clone("pending");
    this.element.dataset.client = item.clientId;
    const body = this.element.querySelector("[data-slot=body]");
    item.body.split("\n").forEach((line, index) => body?.append(...(index ? [document.createElement("br")] : []), line));
    if (item.quoted) body?.before(quotation(item.quoted));
    if (item.state === "failed") this.failed(item.reason);
  }

  waiting() {
    this.element.classList.replace("is-failed", "is-pending");
    this.#reason("");
    this.#state("pending", "waiting");
  }

  /** The server has it; the entry itself is still to come. @param {string} id */
  received(id) {
    this.element.dataset.id = id;
    this.#state("received", "received");
  }

  /** @param {string} reason */
  failed(reason) {
    this.element.classList.replace("is-pending", "is-failed");
    this.#reason(reason);
    this.#part("[data-seen]").hidden = true;
  }

  remove() {
    this.element.remove();
  }

  /** @param {string} reason */
  #reason(reason) {
    this.#part("[data-slot=reason]").textContent = reason;
    this.#part("[data-slot=failed]").hidden = reason === "";
  }

  /** @param {"pending"|"received"} state @param {string} word */
  #state(state, word) {
    const seen = this.#part("[data-seen]");
    seen.hidden = false;
    seen.dataset.state = state;
    this.#part("[data-seen-text]").textContent = this.page.say(word);
  }

  /** @param {string} selector @returns {HTMLElement} */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }
}

/** @param {{author: string, excerpt: string}} quoted */
function quotation({ author, excerpt }) {
  const box = Object.assign(document.createElement("blockquote"), { className: "quoted" });
  box.append(
    Object.assign(document.createElement("b"), { textContent: author }),
    Object.assign(document.createElement("p"), { textContent: excerpt }),
  );
  return box;
}
