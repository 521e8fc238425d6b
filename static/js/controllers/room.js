/** The page of a room: brings its parts together, and keeps the thread complete whatever the network does. */
import { Catchup } from "../models/catchup.js";
import { ask, Refused } from "../models/transport.js";
import { Readers } from "./audience.js";
import { Composer } from "./composer.js";
import { attachDrop } from "./drop.js";
import { Outbox } from "./outbox.js";
import { attachPresence } from "./presence.js";
import { Reading } from "./reading.js";
import { Thread } from "./thread.js";
import { Uploads } from "./uploads.js";

const SETTLE_MS = 1000;

/** @param {HTMLElement} section @param {import("../page.js").Page} page */
export function attachRoom(section, page) {
  new Room(section, page).begin();
}

class Room {
  /** @type {Outbox|null} */
  outbox = null;
  #catching = false;
  #wasOffline = false;
  #again = false;

  /** @param {HTMLElement} section @param {import("../page.js").Page} page */
  constructor(section, page) {
    this.section = section;
    this.page = page;
    this.catchup = new Catchup(page.data.seq ?? -1);
    this.thread = new Thread(/** @type {HTMLElement} */ (section.querySelector("[data-thread]")), page);
    this.readers = new Readers(page);
    this.reading = new Reading(this.thread, page);
    attachPresence(section, page);
    this.#attachComposer();
  }

  begin() {
    const { live } = this.page;
    this.thread.begin();
    live?.addEventListener("entry", (event) => this.#entry(/** @type {CustomEvent} */ (event).detail));
    live?.addEventListener("room", (event) => {
      const { room, marks } = /** @type {CustomEvent} */ (event).detail;
      if (room === this.page.data.room) this.reading.update(marks);
    });
    live?.addEventListener("state", (event) => this.#connection(/** @type {CustomEvent} */ (event).detail));
    live?.addEventListener("poll", (event) => {
      event.preventDefault();
      this.catchUp();
    });
    document.addEventListener("visibilitychange", () => !document.hidden && live?.state === "polling" && this.catchUp());
  }

  #attachComposer() {
    const form = /** @type {HTMLFormElement|null} */ (this.section.querySelector("[data-composer]"));
    if (!form) return;
    const composer = new Composer(form, this.page);
    this.outbox = new Outbox(this.page, {
      thread: this.thread,
      composer,
      readers: this.readers,
      acknowledged: (seq) => setTimeout(() => seq > this.catchup.last && this.catchUp(), SETTLE_MS),
    });
    const uploads = new Uploads(/** @type {HTMLElement} */ (form.querySelector("[data-files]")), this.page, this.readers, { brief: true });
    uploads.addEventListener("changed", (event) => composer.stepAside(/** @type {CustomEvent} */ (event).detail > 0));
    const input = /** @type {HTMLInputElement} */ (this.section.querySelector("[data-file-input]"));
    uploads.listenTo(input);
    for (const button of form.querySelectorAll("[data-action=attach]")) button.addEventListener("click", () => input.click());
    attachDrop(this.section, this.section, (files) => uploads.choose(files));
    this.thread.element.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-action=quote]");
      const entry = /** @type {HTMLElement|null} */ (button?.closest("[data-id]") ?? null);
      if (entry) composer.quote(entry);
    });
    this.page.live?.addEventListener("closed", (event) => {
      if (/** @type {CustomEvent} */ (event).detail === "gone") composer.draft.clear();
    });
    this.readers.addEventListener("changed", (event) => {
      if (!(/** @type {CustomEvent} */ (event).detail.open)) location.reload();
    });
  }

  /** @param {import("../models/catchup.js").Entry} entry */
  #entry(entry) {
    if (entry.room !== this.page.data.room) return;
    this.#show(this.catchup.take(entry));
    this.#announce(entry);
  }

  /** @param {import("../models/catchup.js").Taken} taken */
  #show({ shown, missing }) {
    for (const entry of shown) {
      this.thread.append(entry);
      this.outbox?.arrived(entry);
      if (entry.erases !== undefined) this.#erase(entry.erases);
    }
    if (missing) this.catchUp();
  }

  /** Take an erased entry's words off the page at once; then show what is left of it. @param {number} seq */
  async #erase(seq) {
    this.thread.erase(seq);
    try {
      const { items } = await ask(`/rooms/${this.page.data.room}/since?after=${seq - 1}`);
      if (items[0]?.seq === seq) this.thread.replace(items[0]);
    } catch (error) {
      this.#missed(error);
    }
  }

  /** @param {{state: string}} change */
  #connection({ state }) {
    this.#wasOffline ||= state === "offline";
    if (state !== "live" && state !== "polling") return;
    this.catchUp();
    if (this.#wasOffline) this.page.tell(this.page.say("back"), "good");
    this.#wasOffline = false;
  }

  /** Ask for what follows the last entry, page after page, until nothing is missing. */
  async catchUp() {
    if (this.#catching) {
      this.#again = true;
      return;
    }
    this.#catching = true;
    try {
      do {
        this.#again = false;
        const answer = await this.#since();
        this.page.live?.learned(true);
        this.#show(this.catchup.fill(answer.items));
        this.reading.update(answer.marks);
        this.readers.learn(answer.audience);
        if (answer.checkpoint) this.page.seen?.learn(answer.checkpoint);
        this.#again ||= answer.next !== null;
      } while (this.#again);
    } catch (error) {
      this.#missed(error);
    } finally {
      this.#catching = false;
    }
  }

  /** @returns {Promise<{items: any[], next: number|null, audience: string, marks: number[]}>} */
  async #since() {
    const { room } = this.page.data;
    const after = this.catchup.last;
    if (this.page.live?.state !== "live") return ask(`/rooms/${room}/since?after=${after}`);
    const answer = await this.page.live.request("since", { room, seq: after, locale: this.page.locale });
    if (!answer.ok) throw new Refused(answer.status, answer);
    return answer;
  }

  /** @param {unknown} error */
  #missed(error) {
    if (!(error instanceof Refused)) this.page.live?.learned(false);
    else if (error.status === 404) this.page.live?.close("gone");
    else if (error.status === 401) this.page.live?.close("signed-out");
  }

  /** The log is read aloud by itself; somebody who is in another window hears one sentence. @param {any} entry */
  #announce(entry) {
    if (!document.hidden || entry.author === this.page.data.me) return;
    const name = this.page.data.readers.find((reader) => reader.pid === entry.author)?.name ?? "";
    if (entry.kind === "message.posted") this.page.announce(this.page.say("message_from", { name }));
    if (entry.kind === "exhibit.filed") this.page.announce(this.page.say("exhibit_from", { name }));
  }
}
