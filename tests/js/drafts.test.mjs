import assert from "node:assert/strict";
import { test } from "node:test";
import { Draft, forgetSavedDrafts } from "../../static/js/models/drafts.js";
import { ClosedStorage, MemoryStorage } from "./storage.mjs";

test("without a draft on the device the server's is taken", () => {
  const draft = new Draft(new MemoryStorage(), "ada:joint");
  assert.deepEqual(draft.newest({ text: "from the server", at: 5 }), { text: "from the server", unsaved: false });
  assert.deepEqual(draft.newest(null), { text: "", unsaved: false });
});

test("the newest wins, on either side", () => {
  const storage = new MemoryStorage();
  const draft = new Draft(storage, "ada:joint");
  draft.keep("typed offline", 10);
  assert.deepEqual(draft.newest({ text: "older", at: 9 }), { text: "typed offline", unsaved: true });
  assert.deepEqual(draft.newest({ text: "newer, from the phone", at: 11 }), { text: "newer, from the phone", unsaved: false });
});

test("what the server had and no longer has was sent elsewhere and does not come back", () => {
  const draft = new Draft(new MemoryStorage(), "ada:joint");
  draft.keep("sent from the phone", 10);
  draft.saved("sent from the phone", 12);
  assert.deepEqual(draft.newest(null), { text: "", unsaved: false });
});

test("what the server never had survives although the server has nothing", () => {
  const draft = new Draft(new MemoryStorage(), "ada:joint");
  draft.keep("typed offline", 10);
  assert.deepEqual(draft.newest(null), { text: "typed offline", unsaved: true });
});

test("a draft emptied offline does not come back from the server", () => {
  const draft = new Draft(new MemoryStorage(), "ada:joint");
  draft.keep("", 10);
  assert.deepEqual(draft.newest({ text: "older", at: 9 }), { text: "", unsaved: true });
});

test("a save that was overtaken by typing does not count as saved", () => {
  const draft = new Draft(new MemoryStorage(), "ada:joint");
  draft.keep("longer text", 12);
  draft.saved("long", 13);
  assert.deepEqual(draft.newest(null), { text: "longer text", unsaved: true });
});

test("a draft belongs to one person in one room", () => {
  const storage = new MemoryStorage();
  new Draft(storage, "ada:caucus").keep("for the mediator", 10);
  assert.equal(new Draft(storage, "ada:joint").newest(null).text, "");
  assert.equal(new Draft(storage, "bruno:caucus").newest(null).text, "");
  assert.equal(new Draft(storage, "ada:caucus").newest(null).text, "for the mediator");
});

test("signing out leaves no draft on the device that the server has, and none that it lacks is lost", () => {
  const storage = new MemoryStorage();
  const [saved, unsaved] = [new Draft(storage, "ada:joint"), new Draft(storage, "ada:caucus")];
  saved.keep("on the server", 1);
  saved.saved("on the server", 2);
  unsaved.keep("only here", 1);
  storage.setItem("unrelated", "stays");
  forgetSavedDrafts(storage);
  assert.equal(storage.getItem("caseroom:draft:ada:joint"), null);
  assert.equal(unsaved.newest(null).text, "only here");
  assert.equal(storage.getItem("unrelated"), "stays");
});

test("a device that keeps nothing says so", () => {
  assert.equal(new Draft(new ClosedStorage(), "ada:joint").keep("text", 1), false);
  assert.equal(new Draft(new MemoryStorage(), "ada:joint").keep("text", 1), true);
});
