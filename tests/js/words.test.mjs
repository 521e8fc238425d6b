import assert from "node:assert/strict";
import { test } from "node:test";
import { Times } from "../../static/js/models/times.js";
import { fileSize, fill } from "../../static/js/models/words.js";

test("placeholders are filled, and an unknown one stays to be seen", () => {
  assert.equal(fill("read by {n} of {total}", { n: 4, total: 5 }), "read by 4 of 5");
  assert.equal(fill("{name} is writing"), "{name} is writing");
});

test("what fills a placeholder is not read for placeholders itself", () => {
  assert.equal(fill("{name} is writing", { name: "{total}", total: 9 }), "{total} is writing");
});

test("sizes are written as the server writes them, powers of 1000", () => {
  const units = ["octets", "ko", "Mo", "Go"];
  assert.equal(fileSize(4200000, "fr", units), "4,2\u00a0Mo");
  assert.equal(fileSize(999, "fr", units), "999\u00a0octets");
  assert.equal(fileSize(2147483648, "en", ["bytes", "kB", "MB", "GB"]), "2.1\u00a0GB");
});

test("moments are written in the person's zone, whatever zone they came from", () => {
  const moment = "2026-03-19T23:30:00.000Z";
  const [paris, montreal] = [new Times("en", "Europe/Paris"), new Times("en", "America/Toronto")];
  assert.match(paris.write(moment, "time"), /12:30/);
  assert.match(montreal.write(moment, "time"), /07:30/);
  assert.notEqual(paris.day(moment), montreal.day(moment));
  assert.equal(paris.day(moment), "2026-03-20");
});

test("acts are written to the second", () => {
  assert.match(new Times("fr", "Europe/Paris").write("2026-03-19T09:42:07.000Z", "datetime"), /19 mars 2026.*10:42:07/);
});
