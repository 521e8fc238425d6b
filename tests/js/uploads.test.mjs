import assert from "node:assert/strict";
import { test } from "node:test";
import { titleOf, UploadQueue } from "../../static/js/models/uploads.js";

function queue(limit = 100) {
  let last = 0;
  return new UploadQueue({ limit, empty: "empty", large: "too large", newId: () => `key-${(last += 1)}` });
}

const file = (name, size) => ({ name, size });

test("an empty or too large file is refused before a byte is sent, and the limit itself is taken", () => {
  const uploads = queue(100);
  assert.deepEqual([uploads.choose(file("a.pdf", 0)).note, uploads.choose(file("b.pdf", 101)).note], ["empty", "too large"]);
  assert.equal(uploads.choose(file("c.pdf", 100)).state, "chosen");
  uploads.start("v1");
  assert.equal(uploads.next().name, "c.pdf");
});

test("nothing goes before the person has pressed the button that names the readers", () => {
  const uploads = queue();
  uploads.choose(file("a.pdf", 1));
  assert.equal(uploads.next(), undefined);
  uploads.start("v1");
  assert.equal(uploads.next().audience, "v1");
});

test("files go one after the other, in the order of the list", () => {
  const uploads = queue();
  const [first, second] = [uploads.choose(file("a.pdf", 10)), uploads.choose(file("b.pdf", 10))];
  uploads.start("v1");
  uploads.progress(first, 3, 12);
  assert.equal(first.state, "sending");
  assert.equal(uploads.next(), undefined);
  uploads.progress(first, 12, 12);
  assert.equal(first.state, "sealing");
  assert.equal(uploads.next(), undefined);
  uploads.mark(first, "done");
  assert.equal(uploads.next(), second);
});

test("a file whose sending broke off is sent again with the same key", () => {
  const uploads = queue();
  const upload = uploads.choose(file("a.pdf", 10));
  uploads.start("v1");
  const { key } = upload;
  uploads.progress(upload, 5, 12);
  uploads.mark(upload, "interrupted", "broken");
  assert.equal(uploads.next(), undefined);
  uploads.retry(upload, "v1");
  assert.equal(uploads.next(), upload);
  assert.deepEqual([upload.key, upload.sent, upload.note], [key, 0, ""]);
});

test("two files have two keys, even with one name", () => {
  const uploads = queue();
  assert.notEqual(uploads.choose(file("a.pdf", 1)).key, uploads.choose(file("a.pdf", 1)).key);
});

test("a file that was removed is not sent", () => {
  const uploads = queue();
  const upload = uploads.choose(file("a.pdf", 1));
  uploads.start("v1");
  assert.equal(uploads.next(), upload);
  uploads.remove(upload);
  assert.equal(uploads.next(), undefined);
});

test("the proposed title is the name without its ending", () => {
  assert.deepEqual(["constat.v2.pdf", "LISEZMOI", ".profile"].map(titleOf), ["constat.v2", "LISEZMOI", ".profile"]);
});
