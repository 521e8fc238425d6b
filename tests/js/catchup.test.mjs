import assert from "node:assert/strict";
import { test } from "node:test";
import { Catchup } from "../../static/js/models/catchup.js";

const entry = (seq) => ({ seq, id: `id${seq}`, kind: "message.posted", author: "ada", at: "2026-03-19T10:00:00.000Z", html: "" });
const seqs = (taken) => taken.shown.map((each) => each.seq);

test("entries that come in order are shown as they come", () => {
  const catchup = new Catchup(4);
  assert.deepEqual(seqs(catchup.take(entry(5))), [5]);
  assert.deepEqual(seqs(catchup.take(entry(6))), [6]);
  assert.equal(catchup.last, 6);
});

test("an entry that comes twice is shown once", () => {
  const catchup = new Catchup(4);
  assert.deepEqual(seqs(catchup.take(entry(5))), [5]);
  assert.deepEqual(catchup.take(entry(5)), { shown: [], missing: false });
});

test("an entry of the page itself is not shown again", () => {
  assert.deepEqual(new Catchup(4).take(entry(4)), { shown: [], missing: false });
});

test("an entry that comes early waits, says that something is missing, and is shown in its turn", () => {
  const catchup = new Catchup(4);
  assert.deepEqual(catchup.take(entry(7)), { shown: [], missing: true });
  const filled = catchup.fill([entry(5), entry(6)]);
  assert.deepEqual(seqs(filled), [5, 6, 7]);
  assert.equal(filled.missing, false);
});

test("what the server answers after a gap may overlap with what came meanwhile", () => {
  const catchup = new Catchup(0);
  catchup.take(entry(3));
  catchup.take(entry(2));
  assert.deepEqual(seqs(catchup.fill([entry(1), entry(2), entry(3)])), [1, 2, 3]);
});

test("a page of a long answer that ends before the gap still asks for more", () => {
  const catchup = new Catchup(0);
  assert.equal(catchup.take(entry(9)).missing, true);
  assert.equal(catchup.fill([entry(1), entry(2)]).missing, true);
  assert.equal(catchup.last, 2);
});

test("in whatever order entries arrive, they are shown in one order, each once", () => {
  const order = [4, 1, 9, 3, 3, 2, 8, 5, 1, 7, 6];
  const catchup = new Catchup(0);
  const shown = order.flatMap((seq) => seqs(catchup.take(entry(seq))));
  assert.deepEqual(shown, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("an empty room begins with entry 0", () => {
  assert.deepEqual(seqs(new Catchup(-1).take(entry(0))), [0]);
});
