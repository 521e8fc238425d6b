/**
 * What every behaviour may know about the page it is on. The server writes it: the language in <html>, the token in <meta>,
 * the room's data in one JSON block.
 */
import { Times } from "./models/times.js";
import { fileSize, fill } from "./models/words.js";

/** @typedef {import("./models/readers.js").Reader} Reader */
/**
 * @typedef {{room: string, case: string, me: string, audience: string, readers: Reader[], now: number,
 *            limits: {message: number, file: number}, words: Record<string, any>,
 *            checkpoint?: import("./evidence/seen.js").Offered|null, seq?: number, marks?: number[], draft?: {text: string, at: number}|null, typed?: string}} RoomData
 */

export class Page {
  /** The live channel, once attached. @type {import("./controllers/live.js").Live|null} */
  live = null;
  /** What this browser has seen of the case, on pages of one. @type {import("./controllers/seen.js").SeenHere|null} */
  seen = null;

  /** @param {Document} root */
  constructor(root) {
    this.root = root;
    this.locale = root.documentElement.lang || "fr";
    this.csrf = root.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
    const block = root.getElementById("page-data");
    /** @type {RoomData} */
    this.data = block ? JSON.parse(block.textContent ?? "null") : null;
    const zone = /** @type {HTMLElement|null} */ (root.querySelector("[data-zone]"))?.dataset.zone;
    this.times = new Times(this.locale, zone || "Europe/Paris");
    this.skew = this.data ? this.data.now - Date.now() : 0;
  }

  /** Now, by the server's clock. @returns {number} milliseconds */
  get now() {
    return Date.now() + this.skew;
  }

  /** @param {string} name @param {Record<string, string|number>} [values] */
  say(name, values) {
    return fill(this.data?.words[name] ?? "", values);
  }

  /** @param {number} bytes */
  size(bytes) {
    return fileSize(bytes, this.locale, this.data?.words.units ?? ["", "k", "M", "G"]);
  }

  /** Say one sentence to those who listen and do not look. @param {string} sentence */
  announce(sentence) {
    const status = this.root.getElementById("status");
    if (status) status.textContent = sentence;
  }

  /** Say one sentence to everybody, for a while. @param {string} sentence @param {"info"|"good"|"warn"|"bad"} tone */
  tell(sentence, tone = "info") {
    const loud = tone === "bad" || tone === "warn";
    const spoken = this.root.getElementById(loud ? "alert" : "status");
    if (spoken) spoken.textContent = sentence;
    const toast = this.root.createElement("div");
    toast.className = `toast toast--${tone}`;
    toast.append(Object.assign(this.root.createElement("p"), { textContent: sentence }));
    this.root.getElementById("toasts")?.append(toast);
    setTimeout(() => toast.remove(), loud ? 12000 : 6000);
  }

  /** The content of a <template data-template>. @param {string} name @returns {HTMLElement} */
  clone(name) {
    const template = /** @type {HTMLTemplateElement|null} */ (this.root.querySelector(`template[data-template="${name}"]`));
    if (!template?.content.firstElementChild) throw new Error(`no template ${name}`);
    return /** @type {HTMLElement} */ (this.root.importNode(template.content.firstElementChild, true));
  }

  /** Write every moment below an element in the person's zone. @param {ParentNode} element */
  writeTimes(element) {
    for (const time of element.querySelectorAll("time[data-local]")) this.writeTime(/** @type {HTMLTimeElement} */ (time));
  }

  /** @param {HTMLTimeElement} time */
  writeTime(time) {
    if (!time.dateTime) return;
    time.textContent = this.times.write(time.dateTime, time.dataset.local ?? "time");
    if (time.dataset.local === "time") time.title = this.times.write(time.dateTime, "datetime");
  }
}

/** @param {Document} root */
export function pageOf(root) {
  return new Page(root);
}
