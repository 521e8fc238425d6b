/**
 * The live channel of a page: one socket, and what the page says about it. It hands the server's events on, unread, to
 * whoever listens (entry, audience, presence, typing, room), tells `state` when the connection changes and `poll` when it is time to ask
 * instead, and closes the page at once when the person was removed or signed out.
 */
import { Link } from "../models/link.js";
import { ask, Refused } from "../models/transport.js";
import { attachNav } from "./nav.js";

const LIBRARY = "/vendor/socket.io.esm.min.js";
const EVENTS = ["entry", "audience", "presence", "typing", "room"];
const TRY_MS = 5000;
const ANSWER_MS = 10000;
const AGAIN_MS = 3000;
const POLL_MS = 5000;

/** @param {HTMLElement} element @param {import("../page.js").Page} page */
export function attachLive(element, page) {
  page.live = new Live(element, page);
  attachNav(page);
  page.live.start();
}

export class Live extends EventTarget {
  /** @type {any} */
  #socket = null;
  #link = new Link();
  #shown = "";

  /** @param {HTMLElement} element @param {import("../page.js").Page} page */
  constructor(element, page) {
    super();
    this.element = element;
    this.page = page;
    this.case = element.dataset.case ?? "";
    this.me = element.dataset.me ?? "";
  }

  get state() {
    return this.#link.state;
  }

  async start() {
    addEventListener("offline", () => {
      this.#socket?.disconnect();
      this.#to(this.#link.networkLost());
    });
    addEventListener("online", () => {
      this.#to(this.#link.networkBack());
      this.#socket?.connect();
    });
    setInterval(() => this.#poll(), POLL_MS);
    try {
      const { io } = await import(LIBRARY);
      this.#open(io);
    } catch {
      this.#to(this.#link.socketImpossible());
    }
  }

  /** Without a socket, whoever has something to ask for asks now; where nobody has, the page only looks for the server. */
  async #poll() {
    if (this.state !== "polling" && this.state !== "offline") return;
    if (!this.dispatchEvent(new CustomEvent("poll", { cancelable: true }))) return;
    try {
      await ask("/healthz");
      this.learned(true);
    } catch {
      this.learned(false);
    }
  }

  /** @param {any} io */
  #open(io) {
    this.#socket = io({
      transports: ["websocket"],
      auth: { case: this.case, locale: this.page.locale },
      reconnectionDelay: 500,
      reconnectionDelayMax: 20000,
      timeout: TRY_MS,
    });
    this.#socket.on("connect", () => this.#to(this.#link.socketOpened()));
    this.#socket.on("connect_error", () => this.#closed(this.#link.socketFailed()));
    this.#socket.on("disconnect", (/** @type {string} */ reason) => {
      if (reason !== "io client disconnect") this.#closed(this.#link.socketLost());
    });
    for (const name of EVENTS) {
      this.#socket.on(name, (/** @type {any} */ detail) => this.dispatchEvent(new CustomEvent(name, { detail })));
    }
    this.#socket.on("gone", (/** @type {any} */ detail) => this.#gone(detail));
  }

  /**
   * The library tries again by itself, unless the server closed or refused on purpose: then somebody has to find out why.
   * @param {import("../models/link.js").State} state
   */
  async #closed(state) {
    this.#to(state);
    if (this.#socket.active || this.state === "ended") return;
    try {
      await ask(`/cases/${this.case}`, { html: true });
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return this.close("signed-out");
      if (error instanceof Refused && error.status === 404) return this.close("gone");
      this.learned(false);
    }
    setTimeout(() => this.state !== "ended" && this.#socket.connect(), AGAIN_MS);
  }

  /**
   * Ask over the socket. Throws where it is closed or does not answer in time.
   * @param {string} event @param {Record<string, unknown>} data
   * @returns {Promise<any>} the acknowledgement, refusals included
   */
  async request(event, data) {
    if (this.state !== "live") throw new Error("not connected");
    const answer = await this.#socket.timeout(ANSWER_MS).emitWithAck(event, data);
    if (!answer.ok && answer.status === 401) this.close("signed-out");
    return answer;
  }

  /** Tell, without waiting for an answer. @param {string} event @param {Record<string, unknown>} data */
  tell(event, data) {
    if (this.state === "live") this.#socket.emit(event, data);
  }

  /** What a plain request learned about the network. @param {boolean} answered */
  learned(answered) {
    this.#to(answered ? this.#link.requestAnswered() : this.#link.requestFailed());
  }

  /** @param {{case?: string, room?: string}} detail */
  #gone(detail) {
    const here = this.page.data?.room;
    if (detail.case === this.case || (here && detail.room === here)) this.close("gone");
  }

  /**
   * Put the page away: nothing of the case stays on the screen, and nothing more is asked for.
   * @param {"gone"|"signed-out"} why
   */
  close(why) {
    if (this.state === "ended") return;
    this.#to(this.#link.end());
    this.#socket?.disconnect();
    this.dispatchEvent(new CustomEvent("closed", { detail: why }));
    const app = document.querySelector(".app");
    const notice = this.page.clone(why);
    for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
    document.getElementById("page-data")?.remove();
    document.title = "Caseroom";
    app?.classList.remove("app--aside");
    app?.classList.add("app--plain");
    for (const part of app?.querySelectorAll(":scope > :not(.top)") ?? []) part.remove();
    app?.querySelector(".top__case")?.remove();
    for (const said of document.querySelectorAll("#toasts, #status")) said.textContent = "";
    notice.id = "main";
    app?.append(notice);
    const alert = document.getElementById("alert");
    if (alert) alert.textContent = notice.querySelector("h1")?.textContent ?? "";
  }

  /** @param {import("../models/link.js").State} state */
  #to(state) {
    if (state === this.#shown) return;
    const before = this.#shown;
    this.#shown = state;
    show("[data-banner=offline]", state === "offline");
    show("[data-banner=polling]", state === "polling");
    show("[data-connection=on]", state === "live" || state === "polling" || before === "");
    show("[data-connection=off]", state === "offline" || (state === "connecting" && before !== ""));
    this.dispatchEvent(new CustomEvent("state", { detail: { state, before } }));
  }
}

/** @param {string} selector @param {boolean} shown */
function show(selector, shown) {
  for (const element of document.querySelectorAll(selector)) /** @type {HTMLElement} */ (element).hidden = !shown;
}
