/**
 * What was found, under the names of docs/evidence.md §9.1. All findings are kept, not only the first; the messages are for
 * whoever looks closely, the page has its own sentence for each name.
 *
 * @typedef {"manifest"|"key"|"epoch"|"checkpoint"|"schedule"|"timestamp"|"canonical"|"sequence"|"prev"|"clock"|"seen"|"opening"
 *           |"head"|"commitment"|"file"|"act"|"window"|"link"|"equivocation"} Check
 * @typedef {{space?: number|null, seq?: number|null, epoch?: number|null}} Where
 * @typedef {{check: Check, space: number|null, seq: number|null, epoch: number|null, message: string}} Finding
 * @typedef {{events: number, sealed: number, states: string[], files_present: number, files_absent: number}} SpaceReport
 */
import { EvidenceError } from "../bytes.js";

/** Not a pack at all: no zip, no manifest.json, not JSON, another version (exit 2 of the offline verifier). */
export class NotAPack extends Error {}

export class Report {
  /** @type {Finding[]} */
  findings = [];
  /** @type {Record<string, SpaceReport>} */
  spaces = {};
  epochs = 0;
  stamped = 0;
  late = 0;
  /** Time stamps in a form that is not read here: the offline verifier reads them. */
  unread = 0;
  /** @type {number[]} */
  catchups = [];
  last_due = "";
  /** @type {"pack"|"given"} */
  key_source = "pack";
  files = 0;
  /** Files above what a browser can hash. @type {string[]} */
  too_large = [];
  /** Acts that carry a signature, which is checked by the offline verifier. */
  acts = 0;
  links = 0;
  /** The pack says it is of this case. */
  case = "";
  /** Size and root (hex) of the case log at its end, and at the size this browser keeps. */
  size = 0;
  /** Whether a checkpoint kept in this browser was compared with the pack. */
  compared = false;

  /** No finding, and nothing left out that this page should have looked at. */
  get verified() {
    return this.findings.length === 0;
  }

  /** @param {Check} check @param {string} message @param {Where} [where] */
  find(check, message, { space = null, seq = null, epoch = null } = {}) {
    this.findings.push({ check, space, seq, epoch, message });
  }

  /**
   * Do one step; what it refuses becomes a finding. A browser that cannot verify signatures is no finding: it goes on up.
   * @template T @param {Check} check @param {Where} where @param {() => T|Promise<T>} step
   * @returns {Promise<T|undefined>} undefined where it was refused
   */
  async attempt(check, where, step) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.find(check, error.message, where);
      return undefined;
    }
  }

  /** @param {Check} check */
  has(check) {
    return this.findings.some((finding) => finding.check === check);
  }
}
