/** The list that a check fills, and what all checks on this device share: the words, how far they are, and why they cannot run. */
import { ResultWords } from "../models/results.js";

const ICONS = { good: "check", wait: "clock", fail: "x" };
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {import("../models/results.js").Line} Line */
/** @typedef {import("../page.js").Page} Page */

/** A check that could not be made, with the name of the sentence that says why. */
export class NoCheck extends Error {}

/** @param {Page} page */
export function resultWords(page) {
  const block = page.root.getElementById("evidence-words");
  return new ResultWords(block ? JSON.parse(block.textContent ?? "{}") : {}, page.times, page.locale);
}

/** @param {HTMLElement} list @param {Line[]} lines */
export function showLines(list, lines) {
  list.replaceChildren(...lines.map((line) => itemOf(line, list.ownerDocument)));
  list.hidden = lines.length === 0;
}

/** @param {Line} line @param {Document} root */
function itemOf({ tone, title, text }, root) {
  const item = root.createElement("li");
  if (tone !== "good") item.className = tone;
  const icon = root.createElementNS(SVG, "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = root.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${ICONS[tone]}`);
  icon.append(use);
  const words = root.createElement("span");
  words.append(Object.assign(root.createElement("b"), { textContent: title }), text);
  item.append(icon, words);
  return item;
}

/**
 * The checks themselves. They are asked for when the page opens, so that they are there when its reader has cut the network.
 * @returns {() => Promise<typeof import("./checking.js")>} Throws NoCheck.
 */
export function checksOnTheirWay() {
  const loading = import("./checking.js");
  loading.catch(() => {}); // said when somebody wants to check
  return () => loading.catch(() => {
    throw new NoCheck("no_library");
  });
}

/** Says how far a check is, a few times a second. */
export class Meter {
  #said = 0;

  /** @param {HTMLElement} status @param {ResultWords} words */
  constructor(status, words) {
    this.status = status;
    this.words = words;
  }

  /** @param {"fetching"|"reading"|"checking"} name @param {number} done @param {number} total */
  tell(name, done, total) {
    if (performance.now() - this.#said < 250) return;
    this.#said = performance.now();
    this.status.textContent = this.words.say(name, { done: this.words.size(done), total: this.words.size(total), n: done });
  }

  /** @type {import("../evidence/pack/verify.js").Progress} */
  step = (step, done, total) => this.tell(step === "files" ? "reading" : "checking", done, total);
}
