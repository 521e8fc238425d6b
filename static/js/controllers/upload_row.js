/** One file in the queue: its title while it waits, its progress while it goes, what came of it. */

/** @typedef {import("../models/uploads.js").Upload} Upload */

const ICONS = { done: "#i-check", refused: "#i-alert", interrupted: "#i-alert" };

export class UploadRow {
  /** @param {Upload} upload @param {import("../page.js").Page} page @param {{cancel: () => void, retry: () => void}} acts */
  constructor(upload, page, { cancel, retry }) {
    this.upload = upload;
    this.page = page;
    this.element = page.clone("upload");
    this.#part("[data-slot=name]").textContent = upload.name;
    this.field = /** @type {HTMLInputElement} */ (this.element.querySelector("[data-slot=title]"));
    this.field.value = upload.title;
    this.field.setAttribute("aria-label", page.say("file_title", { name: upload.name }));
    this.#part("progress").setAttribute("aria-label", upload.name);
    this.#part("[data-action=cancel]").addEventListener("click", cancel);
    this.#part("[data-action=retry]").addEventListener("click", retry);
    this.show();
  }

  get title() {
    return this.field.value.trim() || this.upload.title;
  }

  focus() {
    if (!this.field.closest("[hidden]")) this.field.focus();
  }

  show() {
    const { state, size, sent, total, note } = this.upload;
    const moving = state === "sending" || state === "sealing";
    this.element.classList.toggle("is-done", state === "done");
    this.element.classList.toggle("is-failed", state === "refused" || state === "interrupted");
    this.element.querySelector("use")?.setAttribute("href", ICONS[/** @type {keyof typeof ICONS} */ (state)] ?? "#i-file");
    // The request is a little larger than the file; people know their file's size.
    const part = total ? Math.min(size, Math.round((sent / total) * size)) : 0;
    this.#part("[data-slot=size]").textContent = state === "sending"
      ? this.page.say("progress", { sent: this.page.size(part), total: this.page.size(size) })
      : this.page.size(size);
    const bar = /** @type {HTMLProgressElement} */ (this.#part("progress"));
    bar.hidden = !moving;
    bar.max = size || 1;
    bar.value = part;
    this.#note(note || (state === "sealing" ? this.page.say("sealing") : state === "queued" ? this.page.say("queued") : ""));
    this.#part(".upload__fields").hidden = state !== "chosen";
    this.#part("[data-action=retry]").hidden = state !== "interrupted";
    this.#part("[data-action=cancel]").hidden = false;
  }

  /** @param {string} note */
  #note(note) {
    const place = this.#part("[data-slot=note]");
    if (place.textContent !== note) place.textContent = note;
    place.hidden = note === "";
  }

  /** @param {string} selector @returns {HTMLElement} */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }
}
