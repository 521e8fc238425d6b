/**
 * Filing files: chosen, named, then sent one after the other for the readers that the button names. A file whose sending
 * broke off is sent again with the same key, so that it is filed once.
 */
import { sendFile, ask, Refused } from "../models/transport.js";
import { UploadQueue } from "../models/uploads.js";
import { UploadRow } from "./upload_row.js";

const FILED_MS = 5000;

/** @typedef {import("../models/uploads.js").Upload} Upload */

export class Uploads extends EventTarget {
  /** @type {Map<Upload, UploadRow>} */
  #rows = new Map();
  /** @type {Map<Upload, AbortController>} */
  #sending = new Map();
  #brief = false;

  /**
   * @param {HTMLElement} element  [data-files] @param {import("../page.js").Page} page
   * @param {import("./audience.js").Readers} readers
   * @param {{brief?: boolean}} [options]  brief: what was filed leaves the queue, the thread shows it
   */
  constructor(element, page, readers, { brief = false } = {}) {
    super();
    this.#brief = brief;
    this.element = element;
    this.page = page;
    this.readers = readers;
    const { file: limit } = page.data.limits;
    this.queue = new UploadQueue({ limit, empty: page.say("file_empty"), large: page.say("file_large", { limit: page.size(limit) }) });
    this.acts = page.clone("file-acts");
    this.acts.hidden = true;
    // Below the line that holds all the names, where there are too many for the button.
    (element.parentElement?.querySelector("#composer-readers, #file-readers") ?? element).after(this.acts);
    this.acts.querySelector("[data-action=file-all]")?.addEventListener("click", () => this.#start());
    this.acts.querySelector("[data-action=file-none]")?.addEventListener("click", () => this.#putAway());
    page.live?.addEventListener("state", (event) => {
      if (["live", "polling"].includes(/** @type {CustomEvent} */ (event).detail.state)) this.#resume();
    });
    addEventListener("beforeunload", (event) => this.queue.busy && event.preventDefault());
    page.live?.addEventListener("closed", () => this.#sending.forEach((sending) => sending.abort()));
  }

  /** @param {HTMLInputElement} input */
  listenTo(input) {
    input.addEventListener("change", () => {
      this.choose([...(input.files ?? [])]);
      input.value = "";
    });
  }

  /** @param {File[]} files */
  choose(files) {
    const rows = files.map((file) => this.#add(this.queue.choose(file)));
    this.#layout();
    rows[0]?.focus();
  }

  /** @param {Upload} upload */
  #add(upload) {
    const row = new UploadRow(upload, this.page, { cancel: () => this.#cancel(upload), retry: () => this.#retry(upload) });
    this.#rows.set(upload, row);
    this.element.append(row.element);
    return row;
  }

  #start() {
    for (const upload of this.queue.waiting) upload.title = this.#rows.get(upload)?.title ?? upload.title;
    this.queue.start(this.readers.audience);
    this.#run();
  }

  #putAway() {
    for (const upload of [...this.queue.items]) if (["chosen", "refused", "done"].includes(upload.state)) this.#forget(upload);
  }

  async #run() {
    this.#layout();
    const upload = this.queue.next();
    if (!upload) return;
    const sending = new AbortController();
    this.#sending.set(upload, sending);
    this.#progress(upload, 0, upload.size);
    try {
      const filed = await this.#send(upload, sending.signal);
      this.#mark(upload, "done", this.page.say("filed", { label: filed.label }));
      this.dispatchEvent(new CustomEvent("filed", { detail: filed }));
      if (this.#brief) setTimeout(() => this.#forget(upload), FILED_MS);
    } catch (error) {
      await this.#failed(upload, error);
    }
    this.#sending.delete(upload);
    this.#run();
  }

  /** @param {Upload} upload @param {AbortSignal} signal */
  #send(upload, signal) {
    const form = new FormData();
    form.append("title", upload.title);
    form.append("size", String(upload.size));
    form.append("file", upload.file, upload.name);
    return sendFile({
      url: `/api/v1/rooms/${this.page.data.room}/exhibits`,
      form,
      headers: { "X-CSRFToken": this.page.csrf, "If-Match": `"${upload.audience}"`, "Idempotency-Key": upload.key, ...this.page.seen?.header },
      progress: (sent, total) => this.#progress(upload, sent, total),
      signal,
    });
  }

  /** @param {Upload} upload @param {unknown} error */
  async #failed(upload, error) {
    if (error instanceof DOMException) return;
    if (error instanceof Refused && error.status === 412) return this.#askAgain(upload);
    if (error instanceof Refused && error.status === 401) return this.page.live?.close("signed-out");
    if (error instanceof Refused && error.status === 404) return this.page.live?.close("gone");
    if (error instanceof Refused && error.code === "history_differs") this.page.seen?.contradicted();
    if (error instanceof Refused) return this.#mark(upload, "refused", error.sentence || this.page.say("file_refused"));
    this.#mark(upload, "interrupted", this.page.say("file_interrupted"));
    // A server that refuses before the last byte often shows as a broken line: look whether the readers are the reason.
    try {
      const { audience } = await ask(`/rooms/${this.page.data.room}/since?after=${Number.MAX_SAFE_INTEGER}`);
      if (audience !== upload.audience) await this.#askAgain(upload);
    } catch (refusal) {
      if (refusal instanceof Refused && refusal.status === 404) this.page.live?.close("gone");
    }
  }

  /** @param {Upload} upload */
  async #askAgain(upload) {
    const seen = upload.audience;
    try {
      await this.readers.refresh();
    } catch {
      return this.#mark(upload, "interrupted", this.page.say("file_interrupted"));
    }
    const sends = await this.readers.confirm({
      seen,
      text: upload.title,
      explanation: this.page.say("not_filed"),
      button: "[data-action=file-all]",
    });
    if (sends) this.queue.retry(upload, this.readers.audience);
    else this.#mark(upload, "chosen");
  }

  /** @param {Upload} upload */
  #retry(upload) {
    // For the readers it was sent to first: should they have changed, the server says so and the person is asked.
    this.queue.retry(upload, upload.audience);
    if (this.#sending.size) this.#layout();
    else this.#run();
  }

  #resume() {
    for (const upload of this.queue.items) if (upload.state === "interrupted") this.queue.retry(upload, upload.audience);
    if (!this.#sending.size) this.#run();
  }

  /** @param {Upload} upload */
  #cancel(upload) {
    this.#sending.get(upload)?.abort();
    this.#forget(upload);
  }

  /** @param {Upload} upload */
  #forget(upload) {
    this.#rows.get(upload)?.element.remove();
    this.#rows.delete(upload);
    this.queue.remove(upload);
    this.#layout();
  }

  /** @param {Upload} upload @param {number} sent @param {number} total */
  #progress(upload, sent, total) {
    this.queue.progress(upload, sent, total);
    this.#rows.get(upload)?.show();
  }

  /** @param {Upload} upload @param {import("../models/uploads.js").State} state @param {string} [note] */
  #mark(upload, state, note = "") {
    this.queue.mark(upload, state, note);
    this.#rows.get(upload)?.show();
    if (note) this.page.announce(this.page.say("file_note", { name: upload.name, note }));
  }

  #layout() {
    for (const row of this.#rows.values()) row.show();
    this.element.hidden = this.queue.items.length === 0;
    this.acts.hidden = this.queue.waiting.length === 0;
    this.dispatchEvent(new CustomEvent("changed", { detail: this.queue.waiting.length }));
  }
}
