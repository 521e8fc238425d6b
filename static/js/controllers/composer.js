/**
 * Where one writes. Enter is a new line; Ctrl+Enter (Cmd+Enter) and the button that names the readers send. What is typed is
 * kept on the device at once and on the server a moment later, for this room only.
 */
import { Draft } from "../models/drafts.js";
import { TypingTeller } from "../models/typing.js";
import { ask } from "../models/transport.js";

const DEVICE_MS = 300;
const SERVER_MS = 1500;
const COUNT_FROM = 1000; // characters left at which they are counted
const QUOTE = 160;

export class Composer extends EventTarget {
  #deviceTimer = 0;
  #serverTimer = 0;
  /** @type {Promise<void>} */
  #saving = Promise.resolve();
  #typing = new TypingTeller();
  /** @type {{author: string, excerpt: string}|null} */
  #quoted = null;
  #files = false;
  /** The readers this text was begun for: should they change under somebody's hands, sending asks first. */
  #begunFor = "";

  /** @param {HTMLFormElement} form @param {import("../page.js").Page} page */
  constructor(form, page) {
    super();
    this.form = form;
    this.page = page;
    this.text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("body"));
    this.quotes = /** @type {HTMLInputElement} */ (form.elements.namedItem("quotes"));
    this.draft = new Draft(localStorage, `${page.data.me}:${page.data.room}`);
    this.#restore();
    this.text.addEventListener("input", () => this.#typed());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    form.querySelector("[data-action=unquote]")?.addEventListener("click", () => this.unquote());
    addEventListener("pagehide", () => this.#keepNow());
    this.#fit();
  }

  /** Put the answer to an entry of this room above the field. @param {HTMLElement} entry */
  quote(entry) {
    const author = entry.querySelector(".msg__name")?.textContent ?? "";
    const said = entry.querySelector(".msg__body, .exhibit__title")?.textContent?.trim() ?? "";
    const excerpt = said.length > QUOTE ? `${said.slice(0, QUOTE - 1).trimEnd()}…` : said;
    this.#showQuote(entry.dataset.id ?? "", { author, excerpt });
    this.text.focus();
  }

  unquote() {
    this.#showQuote("", null);
    this.text.focus();
  }

  /**
   * What was not sent comes back, before what was written since.
   * @param {{body: string, quotes: string|null, quoted: {author: string, excerpt: string}|null}} item
   */
  takeBack({ body, quotes, quoted }) {
    this.text.value = this.text.value ? `${body}\n\n${this.text.value}` : body;
    if (quotes && !this.quotes.value) this.#showQuote(quotes, quoted);
    this.#begunFor = ""; // who took it back has just seen the readers named
    this.#typed();
    this.text.focus();
  }

  /**
   * While files wait for their button and nothing is written, a second button would be mistaken for it.
   * @param {boolean} files  whether files wait
   */
  stepAside(files) {
    this.#files = files;
    this.#showSend();
  }

  /** The server has the message, and has thrown its draft away. */
  async acknowledged() {
    // A save that left before the message may have arrived after it: then the draft would come back from the dead.
    await this.#saving;
    if (this.text.value === "") await this.#saveOnServer();
  }

  get length() {
    return [...this.text.value].length;
  }

  #submit() {
    const { message } = this.page.data.limits;
    if (!this.text.value.trim() || this.length > message) {
      if (this.length > message) this.page.announce(this.page.say("too_long", { n: this.length - message }));
      this.text.focus();
      return;
    }
    const audience = this.#begunFor || this.page.data.audience;
    const detail = { body: this.text.value, quotes: this.quotes.value || null, quoted: this.#quoted, audience };
    this.text.value = "";
    this.#begunFor = "";
    this.#showQuote("", null);
    clearTimeout(this.#serverTimer);
    this.#keepNow();
    this.#state(false);
    this.#count();
    this.#fit();
    this.#showSend();
    this.#tellTyping(false);
    this.text.focus();
    this.dispatchEvent(new CustomEvent("send", { detail }));
  }

  #begin() {
    this.#begunFor = this.text.value.trim() === "" ? "" : this.#begunFor || this.page.data.audience;
  }

  #showSend() {
    const bar = /** @type {HTMLElement|null} */ (this.form.querySelector("[data-send]")?.parentElement ?? null);
    if (bar) bar.hidden = this.#files && this.text.value.trim() === "";
  }

  #typed() {
    this.#begin();
    this.#count();
    this.#showSend();
    this.#fit();
    this.#tellTyping(this.text.value !== "");
    clearTimeout(this.#deviceTimer);
    clearTimeout(this.#serverTimer);
    this.#deviceTimer = setTimeout(() => this.#keepNow(), DEVICE_MS);
    this.#serverTimer = setTimeout(() => this.#saveOnServer(), SERVER_MS);
  }

  #keepNow() {
    clearTimeout(this.#deviceTimer);
    const kept = this.draft.keep(this.text.value, this.page.now);
    this.#state(kept && this.text.value.trim() !== "");
  }

  async #saveOnServer() {
    const text = this.text.value;
    if ([...text].length > this.page.data.limits.message) return;
    this.#saving = this.#saving.then(async () => {
      try {
        const url = `/rooms/${this.page.data.room}/draft`;
        const { saved_at: at } = await ask(url, { method: "PUT", json: { text }, csrf: this.page.csrf });
        this.draft.saved(text, at);
        this.#state(text.trim() !== "");
      } catch {
        // The device has it; the next keystroke tries again.
      }
    });
    await this.#saving;
  }

  #restore() {
    const { draft, typed } = this.page.data;
    const { text, unsaved } = this.draft.newest(draft ?? null);
    this.text.value = typed || text;
    this.#begin();
    this.#state(this.text.value.trim() !== "");
    this.#count();
    if (unsaved) this.#serverTimer = setTimeout(() => this.#saveOnServer(), SERVER_MS);
  }

  /** @param {boolean} kept */
  #state(kept) {
    const state = /** @type {HTMLElement|null} */ (this.form.querySelector("[data-draft-state]"));
    if (state) state.hidden = !kept;
  }

  #count() {
    const count = /** @type {HTMLElement|null} */ (this.form.querySelector("[data-count]"));
    if (!count) return;
    const left = this.page.data.limits.message - this.length;
    count.hidden = left > COUNT_FROM;
    count.classList.toggle("is-over", left < 0);
    count.textContent = left < 0 ? this.page.say("too_long", { n: -left }) : this.page.say("left_over", { n: left });
  }

  /** Where the browser does not grow the field by itself. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }

  /** @param {string} id @param {{author: string, excerpt: string}|null} quoted */
  #showQuote(id, quoted) {
    const box = /** @type {HTMLElement|null} */ (this.form.querySelector("[data-quote]"));
    this.quotes.value = id;
    this.#quoted = quoted;
    if (!box) return;
    box.hidden = !quoted;
    for (const [slot, words] of Object.entries(quoted ?? {})) {
      const place = box.querySelector(`[data-slot=${slot}]`);
      if (place) place.textContent = words;
    }
  }

  /** @param {boolean} writing */
  #tellTyping(writing) {
    const tell = writing ? this.#typing.pressed(Date.now()) : this.#typing.stopped();
    if (tell) this.page.live?.tell("typing", { room: this.page.data.room, on: writing });
  }
}
