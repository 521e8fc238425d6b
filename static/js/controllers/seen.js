/**
 * This browser remembers how far the history of a case had come, and holds every later one against it. Where one does not
 * continue the other, the page says so and hands out both.
 */
import { canHash } from "../evidence/bytes.js";
import { Contradicted, evidenceText, NotAsked, Seen } from "../evidence/seen.js";
import { openSeenStore } from "../evidence/seen_store.js";
import { fill } from "../models/words.js";
import { ask, Refused } from "../models/transport.js";

const AGAIN_MS = 10 * 60 * 1000;

/** @typedef {import("../evidence/seen.js").Offered} Offered */
/** @typedef {import("../evidence/seen.js").Outcome} Outcome */

/** @param {HTMLElement} warning  [data-seen-warning] @param {import("../page.js").Page} page */
export function attachSeen(warning, page) {
  page.seen = new SeenHere(warning, page);
  page.seen.begin();
}

export class SeenHere {
  /** @type {Promise<Seen>} */
  #seen;
  /** What was last read from the store; a post does not wait for it. @type {Seen|null} */
  #ready = null;

  /** @param {HTMLElement} warning @param {import("../page.js").Page} page */
  constructor(warning, page) {
    this.warning = warning;
    this.page = page;
    /** @type {Offered|null} */
    this.offered = page.data?.checkpoint ?? null;
    this.#seen = openSeenStore().then((store) => new Seen(store, served));
  }

  async begin() {
    if (!this.offered) return;
    this.#ready = await this.#seen;
    const outcome = await this.learn(this.offered);
    await this.#tellKept(outcome);
    setInterval(() => document.hidden || this.refresh(), AGAIN_MS);
    this.page.live?.addEventListener("state", (event) => {
      const { state, before } = /** @type {CustomEvent} */ (event).detail;
      if (state === "live" && before !== "" && before !== "connecting") this.refresh();
    });
  }

  /** Size and root (hex) of the checkpoint that this browser has checked, for what is posted now. */
  stated() {
    return (this.offered && this.#ready?.stated(this.offered.case)) ?? null;
  }

  /** The same as a header of a request. @returns {Record<string, string>} */
  get header() {
    const stated = this.stated();
    return stated ? { "Case-Seen": `${stated.n} ${stated.root}` } : {};
  }

  /** @param {string} id */
  async kept(id) {
    return (await this.#seen).kept(id);
  }

  /** A page or an answer brought a checkpoint. @param {Offered} offered @returns {Promise<Outcome>} */
  async learn(offered) {
    return this.#judged(offered.case, (seen) => seen.learn(offered));
  }

  /** @returns {Promise<Outcome>} */
  async refresh() {
    const id = this.offered?.case;
    return id ? this.#judged(id, (seen) => seen.refresh(id)) : "unasked";
  }

  /** The server refused what this page stated: its history is another. */
  async contradicted() {
    const seen = await this.#seen;
    const id = this.offered?.case;
    if (!id) return;
    if ((await this.refresh()) !== "differs") await seen.accuse(id, "refused");
    await this.#warn(seen, id);
  }

  /** @param {string} id @param {(seen: Seen) => Promise<Outcome>} look @returns {Promise<Outcome>} */
  async #judged(id, look) {
    const seen = await this.#seen;
    const outcome = canHash() ? await look(seen) : "unable";
    if (outcome === "differs" || (await seen.conflicts(id)).length) await this.#warn(seen, id);
    return outcome;
  }

  /** @param {Seen} seen @param {string} id */
  async #warn(seen, id) {
    this.warning.hidden = false;
    const conflicts = await seen.conflicts(id);
    const button = /** @type {HTMLButtonElement|null} */ (this.warning.querySelector("[data-seen-evidence]"));
    if (!button || !conflicts.length) return;
    button.hidden = false;
    button.onclick = () => this.#handOut(conflicts.map((conflict) => evidenceText(conflict, (name, values) => this.#say(name, values))).join("\n\n"));
  }

  /** @param {string} text */
  #handOut(text) {
    const link = this.page.root.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = `caseroom-${this.offered?.case.slice(0, 8)}-evidence.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** On the page of the register: what is kept here, or that nothing can be. @param {Outcome} outcome */
  async #tellKept(outcome) {
    const place = this.page.root.querySelector("[data-seen-kept]");
    const seen = await this.#seen;
    const kept = this.offered ? await seen.kept(this.offered.case) : null;
    if (!place) return;
    if (outcome === "unable") place.textContent = this.#say("seen_unable");
    else if (!seen.lasting) place.textContent = this.#say("seen_kept_page");
    else if (kept) place.textContent = this.#say("seen_kept", { at: this.page.times.write(new Date(kept.at).toISOString(), "datetime"), size: kept.size });
  }

  /** @param {string} name @param {Record<string, string|number>} [values] */
  #say(name, values) {
    const block = this.page.root.getElementById("seen-words");
    return fill(JSON.parse(block?.textContent ?? "{}")[name] ?? "", values);
  }
}

/** @param {string} id @param {number} since @returns {Promise<import("../evidence/seen.js").Served>} Throws Contradicted, NotAsked. */
async function served(id, since) {
  try {
    return await ask(`/cases/${id}/checkpoint?since=${since}`);
  } catch (error) {
    if (error instanceof Refused && error.code === "history_shorter") throw new Contradicted("shorter");
    if (error instanceof Refused && error.code === "history_differs") throw new Contradicted("refused");
    throw new NotAsked(String(error));
  }
}
