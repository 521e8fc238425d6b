import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingQueue, RESEND_MS } from "../../static/js/models/pending.js";
import { ClosedStorage, MemoryStorage } from "./storage.mjs";

function ids() {
  let last = 0;
  return () => `client-${(last += 1)}`;
}

function queueOn(storage, { now = () => 1000, newId = ids(), key = "ada:joint", staleReason = "too old" } = {}) {
  return new PendingQueue(storage, key, { now, newId, staleReason });
}

test("messages go out in the order in which they were written, one at a time", () => {
  const queue = queueOn(new MemoryStorage());
  const [first, second] = [queue.add({ body: "one", audience: "v1" }), queue.add({ body: "two", audience: "v1" })];
  assert.equal(queue.next(), first);
  queue.mark(first, "sending");
  assert.equal(queue.next(), undefined);
  queue.remove(first);
  assert.equal(queue.next(), second);
});

test("a reload loses nothing: order, readers and client ids come back", () => {
  const storage = new MemoryStorage();
  const queue = queueOn(storage);
  queue.add({ body: "one", audience: "v1", quotes: "e1", quoted: { author: "Bruno", excerpt: "..." } });
  queue.add({ body: "two", audience: "v2" });
  const again = queueOn(storage);
  assert.deepEqual(
    again.items.map(({ clientId, body, audience, quotes }) => [clientId, body, audience, quotes]),
    [["client-1", "one", "v1", "e1"], ["client-2", "two", "v2", null]],
  );
});

test("a message that was on its way at the reload is sent again with the same client id", () => {
  const storage = new MemoryStorage();
  const queue = queueOn(storage);
  queue.mark(queue.add({ body: "one", audience: "v1" }), "sending");
  assert.equal(queueOn(storage).next().clientId, "client-1");
});

test("an acknowledged message does not come back", () => {
  const storage = new MemoryStorage();
  const queue = queueOn(storage);
  const item = queue.add({ body: "one", audience: "v1" });
  assert.equal(queueOn(storage).items.length, 1);
  queue.remove(item);
  assert.equal(queueOn(storage).items.length, 0);
});

test("messages of one room or person never show in another's queue", () => {
  const storage = new MemoryStorage();
  queueOn(storage, { key: "ada:caucus" }).add({ body: "secret", audience: "v1" });
  assert.equal(queueOn(storage, { key: "ada:joint" }).items.length, 0);
  assert.equal(queueOn(storage, { key: "bruno:caucus" }).items.length, 0);
  assert.equal(queueOn(storage, { key: "ada:caucus" }).items.length, 1);
});

test("while the person is asked about new readers nothing else goes out", () => {
  const queue = queueOn(new MemoryStorage());
  const first = queue.add({ body: "one", audience: "v1" });
  queue.add({ body: "two", audience: "v1" });
  queue.mark(first, "asking");
  assert.equal(queue.next(), undefined);
  queue.retry(first, "v2");
  assert.equal(queue.next(), first);
  assert.equal(first.audience, "v2");
});

test("a refused message keeps its text and its reason, and lets the next one pass", () => {
  const storage = new MemoryStorage();
  const queue = queueOn(storage);
  const first = queue.add({ body: "one", audience: "v1" });
  const second = queue.add({ body: "two", audience: "v1" });
  queue.mark(first, "failed", "hidden characters");
  assert.equal(queue.next(), second);
  const again = queueOn(storage);
  assert.deepEqual([again.items[0].state, again.items[0].reason, again.items[0].body], ["failed", "hidden characters", "one"]);
});

test("a message older than the server's memory of client ids is not sent again by itself", () => {
  const storage = new MemoryStorage();
  queueOn(storage, { now: () => 0 }).add({ body: "one", audience: "v1" });
  const fresh = queueOn(storage, { now: () => RESEND_MS });
  assert.equal(fresh.next().body, "one");
  const stale = queueOn(storage, { now: () => RESEND_MS + 1 });
  assert.equal(stale.next(), undefined);
  assert.equal(stale.items[0].reason, "too old");
});

test("a second tab that adds a message does not take the first tab's away", () => {
  const storage = new MemoryStorage();
  const newId = ids();
  const [one, other] = [queueOn(storage, { newId }), queueOn(storage, { newId })];
  one.add({ body: "from one", audience: "v1" });
  other.add({ body: "from the other", audience: "v1" });
  assert.deepEqual(queueOn(storage).items.map((item) => item.body).sort(), ["from one", "from the other"]);
});

test("a full device storage does not stop a message", () => {
  const queue = queueOn(new ClosedStorage());
  const item = queue.add({ body: "one", audience: "v1" });
  assert.equal(queue.next(), item);
});

test("a damaged record on the device is passed over", () => {
  const storage = new MemoryStorage();
  storage.setItem("caseroom:pending:ada:joint:x", "{not json");
  storage.setItem("caseroom:pending:ada:joint:y", "null");
  queueOn(storage).add({ body: "one", audience: "v1" });
  assert.deepEqual(queueOn(storage).items.map((item) => item.body), ["one"]);
});
