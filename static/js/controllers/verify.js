/**
 * "Check now" on the page of a register: the pack comes from the server, through the same door as a download, and is checked
 * here. Where the browser cannot, it says so, and a second press has the server check its own register.
 */
import { reportLines } from "../models/results.js";
import { checksOnTheirWay, Meter, NoCheck, resultWords, showLines } from "./results.js";

/** @param {HTMLElement} section @param {import("../page.js").Page} page */
export function attachVerify(section, page) {
  new Verify(section, page).begin();
}

class Verify {
  #running = false;
  #able = true;

  /** @param {HTMLElement} section @param {import("../page.js").Page} page */
  constructor(section, page) {
    this.section = section;
    this.page = page;
    this.words = resultWords(page);
    this.checks = checksOnTheirWay();
    this.title = part(section, "[data-verify-title]");
    this.status = part(section, "[data-verify-status]");
    this.results = part(section, "[data-verify-results]");
  }

  begin() {
    const button = /** @type {HTMLButtonElement} */ (part(this.section, "[data-verify-start]"));
    const start = (/** @type {Event} */ event) => {
      if (!this.#able) return; // the form goes to the server
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#run(button);
    };
    // On the way down, before whatever else listens to the form.
    if (button.form) button.form.addEventListener("submit", start, { capture: true });
    else button.addEventListener("click", start);
  }

  /** @param {HTMLButtonElement} button */
  async #run(button) {
    if (this.#running) return;
    this.#running = true;
    button.classList.add("is-busy");
    this.#show("is-wait", "title_busy", "", []);
    try {
      const { checkPack } = await this.checks();
      const meter = new Meter(this.status, this.words);
      const file = await this.#fetched(meter);
      const { report } = await checkPack(file, this.page, meter.step, this.section.dataset.vkey ?? "");
      const lines = [...reportLines(report, this.words), this.words.line("wait_truth")];
      const at = this.words.at(this.page.now);
      if (report.verified) this.#show("", "title_good", this.words.say("checked", { at }), lines);
      else this.#show("is-bad", "title_bad", this.words.say("checked_bad", { at }), lines);
    } catch (error) {
      this.#failed(error);
    }
    button.classList.remove("is-busy");
    this.#running = false;
  }

  /** @param {Meter} meter @returns {Promise<Blob>} Throws NoCheck. */
  async #fetched(meter) {
    const parts = [];
    try {
      const response = await fetch(this.section.dataset.pack ?? "", { redirect: "manual" });
      if (!response.ok || !response.body) throw new Error(String(response.status));
      const reader = response.body.getReader();
      let done = 0;
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        parts.push(read.value);
        done += read.value.length;
        meter.tell("fetching", done, 0);
      }
    } catch {
      throw new NoCheck("not_fetched");
    }
    return new Blob(parts);
  }

  /** @param {unknown} error */
  #failed(error) {
    const why = error instanceof NoCheck ? error.message : "broke_off";
    this.#able = why === "not_fetched";
    const instead = this.#able ? "" : ` ${this.words.say("server_instead")}`;
    this.#show("is-idle", "title_no", this.words.say(why) + instead, []);
  }

  /** @param {string} tone @param {string} title @param {string} status @param {import("../models/results.js").Line[]} lines */
  #show(tone, title, status, lines) {
    this.section.classList.remove("is-idle", "is-bad", "is-wait");
    if (tone) this.section.classList.add(tone);
    const icon = { "": "check", "is-bad": "alert", "is-wait": "clock", "is-idle": "chain" }[tone] ?? "chain";
    this.section.querySelector(".verdict__seal")?.querySelector("use")?.setAttribute("href", `#i-${icon}`);
    this.title.textContent = this.words.say(title);
    this.status.textContent = status;
    showLines(this.results, lines);
  }
}

/** @param {HTMLElement} section @param {string} selector @returns {HTMLElement} */
function part(section, selector) {
  return /** @type {HTMLElement} */ (section.querySelector(selector));
}
