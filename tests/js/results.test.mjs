import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./evidence.mjs";
import { Report } from "../../static/js/evidence/pack/report.js";
import { MOST, reportLines, ResultWords } from "../../static/js/models/results.js";
import { Times } from "../../static/js/models/times.js";

const TEMPLATE = readFileSync(new URL("../../templates/evidence/_words.html", import.meta.url), "utf-8");
/** The English words of the template, as the server would write them. */
const WORDS = Object.fromEntries(
  [...TEMPLATE.matchAll(/^ {2}"(\w+)": (\[?)_\("((?:[^"])*)"\)(?:, _\("((?:[^"])*)"\)\])?/gm)].map(([, name, pair, one, two]) => [name, pair ? [one, two] : one]));
const words = new ResultWords({ ...WORDS, units: ["bytes", "kB", "MB", "GB"] }, new Times("en", "Europe/Paris"), "en");
const CHECKS = ["manifest", "key", "epoch", "checkpoint", "schedule", "timestamp", "canonical", "sequence", "prev", "clock", "seen", "opening", "head",
  "commitment", "file", "act", "window", "link", "equivocation"];

function reportOf(changes = {}) {
  const space = { events: 12, sealed: 10, states: ["ok", "ok", "withheld", "erased"], files_present: 2, files_absent: 1 };
  return Object.assign(new Report(), { epochs: 4, files: 20, stamped: 3, spaces: { 2: space }, ...changes });
}

test("every check has its sentence, and every line of the template two parts", () => {
  for (const check of CHECKS) assert.equal(WORDS[`found_${check}`]?.length, 2, check);
  for (const [name, sentence] of Object.entries(WORDS)) {
    if (/^(?:ok|wait|found)_/.test(name)) assert.ok(Array.isArray(sentence) && sentence.every(Boolean), name);
  }
});

test("what holds is said as good, what a browser does not show as waiting, and nothing as wrong", () => {
  const lines = reportLines(reportOf(), words);
  assert.ok(lines.some((line) => line.tone === "good" && line.title === "Files: 20"));
  assert.ok(lines.some((line) => line.tone === "wait" && line.title === "Time-stamped: 3 of 4"));
  assert.ok(lines.some((line) => line.tone === "wait" && line.title === "Newest entries: 2"));
  assert.equal(lines.filter((line) => line.tone === "fail").length, 0);
});

test("a finding takes the place of the good line it contradicts, and names where", () => {
  const report = reportOf();
  assert.ok(reportLines(report, words).some((line) => line.title === "Entries: 12"));
  report.find("prev", "x", { space: 2, seq: 7 });
  const lines = reportLines(report, words);
  assert.ok(!lines.some((line) => line.title === "Entries: 12"));
  assert.match(lines[0].text, /\(room 2 of the pack, entry no\. 7\)/);
  assert.equal(lines[0].tone, "fail");
});

test("no placeholder stays unfilled in a line of a report", () => {
  const report = reportOf({ late: 1, unread: 1, catchups: [2], acts: 1, links: 2, compared: true, too_large: ["spaces/2/files/x"] });
  for (const check of CHECKS) report.find(check, "x", { epoch: 3 });
  for (const { title, text } of [...reportLines(report, words), ...reportLines(reportOf({ stamped: 0, links: 1, compared: true }), words)]) {
    assert.doesNotMatch(`${title} ${text}`, /[{}]/);
  }
});

test("many findings are counted, not poured out", () => {
  const report = reportOf();
  for (let seq = 0; seq < MOST + 5; seq += 1) report.find("commitment", "x", { space: 2, seq });
  const fails = reportLines(report, words).filter((line) => line.tone === "fail");
  assert.equal(fails.length, MOST + 1);
  assert.equal(fails.at(-1).title, "More findings: 5");
});
