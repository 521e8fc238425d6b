import assert from "node:assert/strict";
import { test } from "node:test";
import { Link, TRIES } from "../../static/js/models/link.js";
import { ReadMark, seen } from "../../static/js/models/marks.js";
import { changes } from "../../static/js/models/readers.js";
import { BELIEVE_MS, TELL_EVERY_MS, TypingPeople, TypingTeller } from "../../static/js/models/typing.js";

function fail(link, times = TRIES) {
  for (let count = 0; count < times; count += 1) link.socketFailed();
  return link.state;
}

test("where sockets do not get through, the page polls after a few tries and not before", () => {
  const link = new Link();
  assert.equal(fail(link, TRIES - 1), "connecting");
  assert.equal(fail(link, 1), "polling");
});

test("a socket that opens after all ends the polling", () => {
  const link = new Link();
  fail(link);
  assert.equal(link.socketOpened(), "live");
});

test("a lost socket is no lost network: it is tried again first", () => {
  const link = new Link();
  link.socketOpened();
  assert.equal(link.socketLost(), "connecting");
  assert.equal(link.socketOpened(), "live");
});

test("when requests fail too, the page is offline until one is answered", () => {
  const link = new Link();
  fail(link);
  assert.equal(link.requestFailed(), "offline");
  assert.equal(fail(link), "offline");
  assert.equal(link.requestAnswered(), "polling");
});

test("a failed request over a living socket is not taken for a lost network", () => {
  const link = new Link();
  link.socketOpened();
  assert.equal(link.requestFailed(), "live");
});

test("the browser's own word is believed, both ways", () => {
  const link = new Link();
  link.socketOpened();
  assert.equal(link.networkLost(), "offline");
  assert.equal(link.networkBack(), "connecting");
});

test("a page that was closed stays closed", () => {
  const link = new Link();
  link.socketOpened();
  assert.equal(link.end(), "ended");
  assert.equal(link.socketOpened(), "ended");
  assert.equal(link.networkBack(), "ended");
  assert.equal(fail(link), "ended");
});

test("a message read by its author alone is received, not read", () => {
  assert.deepEqual(seen([-1, 3, 7], 7, true), { state: "received", n: 1, total: 3 });
});

test("a message is read by as many as were shown it", () => {
  assert.deepEqual(seen([-1, 7, 8], 7, true), { state: "read", n: 2, total: 3 });
  assert.deepEqual(seen([7, 8, 9], 7, false), { state: "read", n: 3, total: 3 });
});

test("somebody else's message says nothing until a second reader was shown it", () => {
  assert.equal(seen([2, 7], 7, false).state, "");
});

test("how far one has read is told once, and only forwards", () => {
  const mark = new ReadMark(3);
  assert.equal(mark.saw(3), false);
  assert.equal(mark.take(), null);
  assert.equal(mark.saw(6), true);
  assert.equal(mark.saw(5), true);
  assert.equal(mark.take(), 6);
  assert.equal(mark.take(), null);
});

test("a reading mark that did not arrive is told again", () => {
  const mark = new ReadMark(3);
  mark.saw(6);
  mark.failed(mark.take());
  assert.equal(mark.take(), 6);
});

test("typing is told at most every three seconds, and its end once", () => {
  const teller = new TypingTeller();
  assert.equal(teller.stopped(), false);
  assert.equal(teller.pressed(1000), true);
  assert.equal(teller.pressed(1000 + TELL_EVERY_MS - 1), false);
  assert.equal(teller.pressed(1000 + TELL_EVERY_MS), true);
  assert.equal(teller.stopped(), true);
  assert.equal(teller.stopped(), false);
  assert.equal(teller.pressed(1001 + TELL_EVERY_MS), true);
});

test("somebody who was said to write and vanished is forgotten", () => {
  const people = new TypingPeople();
  people.told("bruno", true, 0);
  people.told("neus", true, 10);
  assert.deepEqual(people.writing(BELIEVE_MS - 1), ["bruno", "neus"]);
  assert.deepEqual(people.writing(BELIEVE_MS), ["neus"]);
  people.told("neus", false, BELIEVE_MS);
  assert.deepEqual(people.writing(BELIEVE_MS), []);
});

test("the comparison of readers names who came and who left, and nobody who stayed", () => {
  const [ada, bruno, neus] = ["ada", "bruno", "neus"].map((pid) => ({ pid, name: pid }));
  assert.deepEqual(changes([ada, bruno], [bruno, neus]), { came: [neus], left: [ada] });
  assert.deepEqual(changes([ada], [ada]), { came: [], left: [] });
});
