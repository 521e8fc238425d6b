/**
 * What a check found, as lines for a person: good (holds), wait (not shown by this check, or not complete), fail (does not
 * hold). Each has a title and what it means, translated by the server.
 */
import { fileSize, fill } from "./words.js";

/** @typedef {{tone: "good"|"wait"|"fail", title: string, text: string}} Line */
/** @typedef {import("../evidence/pack/report.js").Report} Report */

const TONES = /** @type {const} */ ({ ok: "good", wait: "wait", found: "fail" });
/** Findings that are shown; the rest is counted. */
export const MOST = 40;

export class ResultWords {
  /** @param {Record<string, any>} words @param {import("./times.js").Times} times @param {string} locale */
  constructor(words, times, locale) {
    this.words = words;
    this.times = times;
    this.locale = locale;
  }

  /** @param {string} name @param {Record<string, string|number>} [values] */
  say(name, values) {
    return fill(this.words[name] ?? "", values);
  }

  /** @param {string} name  its first word is its tone @param {Record<string, string|number>} [values] @returns {Line} */
  line(name, values) {
    const [title, text] = this.words[name] ?? [name, ""];
    const tone = TONES[/** @type {keyof typeof TONES} */ (name.split("_")[0])];
    return { tone, title: fill(title, values), text: fill(text, values) };
  }

  /** @param {number} moment  ms since 1970 */
  at(moment) {
    return this.times.write(new Date(moment).toISOString(), "datetime");
  }

  /** @param {number} bytes */
  size(bytes) {
    return fileSize(bytes, this.locale, this.words.units);
  }
}

/** @param {Report} report @param {ResultWords} words @returns {Line[]} findings first */
export function reportLines(report, words) {
  return [...findingLines(report, words), ...goodLines(report, words), ...waitLines(report, words)];
}

/** @param {Report} report @param {ResultWords} words @returns {Line[]} */
function findingLines({ findings }, words) {
  const lines = findings.slice(0, MOST).map((finding) => {
    const { title, text } = words.line(`found_${finding.check}`);
    const where = placeOf(finding, words);
    return { tone: /** @type {const} */ ("fail"), title, text: where ? `${text} (${where})` : text };
  });
  // The same sentence about the same place is said once.
  const seen = new Set();
  const once = lines.filter(({ title, text }) => !seen.has(title + text) && seen.add(title + text));
  return findings.length > MOST ? [...once, words.line("found_more", { n: findings.length - MOST })] : once;
}

/** @param {import("../evidence/pack/report.js").Finding} finding @param {ResultWords} words */
function placeOf({ space, seq, epoch }, words) {
  const parts = [];
  if (space !== null) parts.push(words.say("where_space", { space }));
  if (seq !== null) parts.push(words.say("where_seq", { seq }));
  if (epoch !== null) parts.push(words.say("where_epoch", { epoch }));
  return parts.join(", ");
}

/** @param {Report} report @param {ResultWords} words @returns {Line[]} what was checked without a finding */
function goodLines(report, words) {
  const spaces = Object.values(report.spaces);
  const clean = (/** @type {import("../evidence/pack/report.js").Check[]} */ ...checks) => !checks.some((check) => report.has(check));
  const sum = (/** @type {(space: import("../evidence/pack/report.js").SpaceReport) => number} */ part) => spaces.reduce((total, space) => total + part(space), 0);
  const lines = [];
  const add = (/** @type {string} */ name, /** @type {number} */ n, /** @type {boolean} */ holds) => holds && n && lines.push(words.line(name, { n }));
  add("ok_manifest", report.files, clean("manifest"));
  add("ok_case", report.epochs, clean("key", "epoch", "checkpoint", "schedule", "canonical"));
  add("ok_entries", sum((space) => space.events), clean("canonical", "sequence", "prev", "clock", "seen", "opening", "head", "window", "key"));
  add("ok_values", sum((space) => countOf(space, "ok")), clean("commitment"));
  add("ok_files", sum((space) => space.files_present), clean("file", "manifest"));
  add("ok_links", report.links, clean("link"));
  if (report.compared && clean("equivocation")) lines.push(words.line("ok_kept"));
  return lines;
}

/** @param {Report} report @param {ResultWords} words @returns {Line[]} what this check does not show */
function waitLines(report, words) {
  const spaces = Object.values(report.spaces);
  const lines = [];
  const add = (/** @type {string} */ name, /** @type {number} */ n) => n > 0 && lines.push(words.line(name, { n }));
  const sum = (/** @type {(space: import("../evidence/pack/report.js").SpaceReport) => number} */ part) => spaces.reduce((total, space) => total + part(space), 0);
  lines.push(report.stamped ? words.line("wait_stamped", { n: report.stamped, total: report.epochs }) : words.line("wait_unstamped"));
  add("wait_late", report.late);
  add("wait_unread", report.unread);
  add("wait_catchups", report.catchups.length);
  add("wait_unsealed", sum((space) => space.events - space.sealed));
  add("wait_withheld", sum((space) => countOf(space, "withheld")));
  add("wait_erased", sum((space) => countOf(space, "erased")));
  add("wait_absent", sum((space) => space.files_absent));
  add("wait_acts", report.acts);
  for (const path of report.too_large) lines.push(words.line("wait_too_large", { name: path }));
  return lines;
}

/** @param {import("../evidence/pack/report.js").SpaceReport} space @param {string} state */
function countOf({ states }, state) {
  return states.filter((each) => each === state).length;
}
