/** Where a receipt or a pack is dropped: it is read and checked on this device. On the public page, the code in the address too. */
import { reportLines } from "../models/results.js";
import { ask, Refused } from "../models/transport.js";
import { attachDrop } from "./drop.js";
import { checksOnTheirWay, Meter, NoCheck, resultWords, showLines } from "./results.js";

/** @typedef {import("../models/results.js").Line} Line */
/** @typedef {typeof import("./checking.js")} Checks */
/** @typedef {Awaited<ReturnType<Checks["checkPack"]>>} Checked */
/** @typedef {import("../evidence/pack/verify.js").Space} Space */

/** @param {HTMLElement} element @param {import("../page.js").Page} page */
export function attachDropCheck(element, page) {
  new DropCheck(element, page).begin();
}

class DropCheck {
  #running = false;
  /** What decides is not shown: whose key it is, or of a receipt its entry. */
  #inPart = false;

  /** @param {HTMLElement} element @param {import("../page.js").Page} page */
  constructor(element, page) {
    this.element = element;
    this.page = page;
    this.words = resultWords(page);
    this.checks = checksOnTheirWay();
    this.status = /** @type {HTMLElement} */ (element.querySelector("[data-drop-status]"));
    this.results = /** @type {HTMLElement} */ (element.querySelector("[data-drop-results]"));
  }

  begin() {
    const input = /** @type {HTMLInputElement} */ (this.element.querySelector("[data-drop-input]"));
    const take = () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      if (files.length) this.#run(() => this.#files(files));
    };
    input.addEventListener("change", take);
    take(); // chosen while this was still loading
    attachDrop(this.element, this.element, (files) => this.#run(() => this.#files(files)));
    if (!("checkFragment" in this.element.dataset)) return;
    const read = () => location.hash.startsWith("#r=") && this.#run(() => this.#code(), "title_receipt");
    addEventListener("hashchange", read);
    read();
  }

  /** @param {() => Promise<Line[]>} check @param {string} [good] the name of the title where all holds */
  async #run(check, good = "title_good") {
    if (this.#running) return;
    this.#running = true;
    this.#inPart = false;
    showLines(this.results, []);
    this.status.textContent = this.words.say("title_busy");
    try {
      const lines = await check();
      const bad = lines.some((line) => line.tone === "fail");
      const some = lines.some((line) => line.tone === "good");
      const title = bad ? "title_bad" : !some ? "title_no" : this.#inPart ? "title_part" : good;
      this.status.textContent = `${this.words.say(title)}. ${this.words.say(bad ? "checked_bad" : "checked", { at: this.words.at(this.page.now) })}`;
      showLines(this.results, lines);
    } catch (error) {
      const why = error instanceof NoCheck ? error.message : "broke_off";
      this.status.textContent = `${this.words.say("title_no")}. ${this.words.say(why)}`;
    }
    this.#running = false;
  }

  /** Packs first: a receipt may belong to one of them. @param {File[]} files @returns {Promise<Line[]>} Throws NoCheck. */
  async #files(files) {
    const { checkPack, sortOf } = await this.checks();
    const sorted = await Promise.all(files.map(async (file) => ({ file, sort: await sortOf(file) })));
    for (const { sort } of sorted) {
      if (sort === "age") throw new NoCheck("encrypted");
      if (sort === "other") throw new NoCheck("no_pack");
    }
    const [packs, lines] = [/** @type {Checked[]} */ ([]), /** @type {Line[]} */ ([])];
    const meter = new Meter(this.status, this.words);
    for (const { file, sort } of sorted) {
      if (sort !== "zip") continue;
      const checked = await checkPack(file, this.page, meter.step);
      lines.push(...(await this.#packLines(checked)));
      if (checked.report.verified) packs.push(checked);
    }
    for (const { file, sort } of sorted) if (sort === "receipt") lines.push(...(await this.#receiptLines(await file.text(), packs)));
    return [...lines, this.words.line("wait_truth")];
  }

  /** @param {Checked} checked @returns {Promise<Line[]>} */
  async #packLines({ report, members, spaces }) {
    const lines = reportLines(report, this.words);
    if (members.manifest.v.endsWith("/disclosure") && report.verified) {
      for (const space of spaces.values()) lines.unshift(...this.#disclosedLines(space));
    }
    if (!report.has("key")) lines.push(...(await this.#keyLines(report.case, members.line("case/vkey"))));
    return lines;
  }

  /** Which entry it is, and what it says of its file: whoever is shown one exhibit wants to know which. @param {Space} space @returns {Line[]} */
  #disclosedLines({ slot, events, values }) {
    const event = events.at(-1);
    if (!event) return [];
    const { body, meta } = values.get(event.seq) ?? {};
    const files = (Array.isArray(body?.files) ? body.files : []).map((/** @type {any} */ file) => String(file?.sha256));
    const named = files.map((/** @type {string} */ sha256) => this.words.line("ok_exhibit", { title: String(meta?.title ?? ""), name: String(meta?.filename ?? ""), sha256 }));
    return [this.words.line("ok_disclosed", { seq: event.seq, space: slot, at: this.words.at(event.at) }), ...named];
  }

  /** Anybody can sign a register with a key of their own: it holds for no more than that. @param {string} id  of the case @param {string} vkey @returns {Promise<Line[]>} */
  async #keyLines(id, vkey) {
    const { fingerprintOf, keeping } = await this.checks();
    const kept = await keeping(this.page)(id);
    if (kept) return kept.vkey === vkey ? [] : [this.words.line("found_key")];
    const lines = [this.words.line("wait_key", { key: vkey })];
    if ("checkFragment" in this.element.dataset) lines.push(await this.#keyLine(await fingerprintOf(vkey), vkey.split("/")[0]));
    else this.#inPart = true;
    return lines;
  }

  /** @param {string} text @param {Checked[]} packs @returns {Promise<Line[]>} */
  async #receiptLines(text, packs) {
    const { checkReceipt, keeping } = await this.checks();
    return this.#receipt(async () => {
      const shown = await checkReceipt(text, packs, keeping(this.page));
      const place = { seq: shown.index, space: shown.space, size: shown.size };
      if (shown.proven === "entry") return [this.words.line("ok_receipt", place)];
      this.#inPart = true;
      const first = shown.proven === "signature" ? this.words.line("ok_signature", place) : this.words.line("wait_no_key");
      return [first, this.words.line("wait_leafless")];
    });
  }

  /** @returns {Promise<Line[]>} Throws NoCheck. */
  async #code() {
    const { checkCode, codeIn, EvidenceError, guarded } = await this.checks();
    const code = await guarded(() => codeIn(location.hash)).catch((error) => {
      throw error instanceof EvidenceError ? new NoCheck("bad_link") : error;
    });
    if (!code) throw new NoCheck("bad_link");
    return this.#receipt(async () => {
      const shown = await checkCode(code);
      return [
        this.words.line("ok_receipt", { seq: shown.index, space: shown.space, size: shown.size }),
        this.words.line("ok_case_id", { case: shown.case, host: shown.host }),
        await this.#keyLine(shown.fingerprint, shown.host),
        this.words.line("wait_paper", { leaf: shown.leaf, root: shown.root }),
        this.words.line("wait_leaf"),
        this.words.line("wait_truth"),
      ];
    });
  }

  /** @param {() => Promise<Line[]>} check @returns {Promise<Line[]>} a receipt that does not hold is a finding. Throws NoCheck. */
  async #receipt(check) {
    const { EvidenceError, guarded } = await this.checks();
    return guarded(check).catch((error) => {
      if (error instanceof EvidenceError) return [this.words.line("found_receipt")];
      throw error;
    });
  }

  /** The one question that leaves this page: whether the server signs with this key. @param {string} fingerprint @param {string} host */
  async #keyLine(fingerprint, host) {
    try {
      await ask(`/check/keys/${fingerprint}`);
      return this.words.line("ok_known");
    } catch (error) {
      this.#inPart = true;
      if (error instanceof Refused && error.status === 404) return this.words.line("wait_unknown_key", { host });
      return this.words.line("wait_key_unasked");
    }
  }
}
