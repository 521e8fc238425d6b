import assert from "node:assert/strict";
import { test } from "node:test";
import { Log, renamed, signerNamed, signNote } from "./evidence.mjs";
import { fromBase64, toBase64, toHex } from "../../static/js/evidence/bytes.js";
import { openSeenStore } from "../../static/js/evidence/seen_store.js";
import { Contradicted, evidenceText, NotAsked, Seen } from "../../static/js/evidence/seen.js";

const CASE = "c0".repeat(16);
const OTHER = "d1".repeat(16);
const ORIGIN = `rooms.example.org/c/${CASE}`;

/** The stand-in for the browser's database: what it keeps is what was put, copied, and a replacement is one step. */
class StandInStore {
  lasting = true;
  records = new Map();
  accusations = [];
  /** Runs between reading and replacing, as another tab might. */
  meanwhile = null;

  async kept(id) {
    return structuredClone(this.records.get(id) ?? null);
  }

  async replace(expected, next) {
    const act = this.meanwhile;
    this.meanwhile = null;
    await act?.();
    const now = this.records.get(next.case) ?? null;
    if (now?.size !== expected?.size || now?.root !== expected?.root) return false;
    this.records.set(next.case, structuredClone(next));
    return true;
  }

  async accuse(conflict) {
    this.accusations.push(structuredClone(conflict));
  }

  async conflicts(id) {
    return this.accusations.filter((conflict) => conflict.case === id);
  }
}

/** A server of one log: what a page offers, and what it answers when asked for the proof. */
class StandInServer {
  asked = [];

  constructor(log) {
    this.log = log;
  }

  async offer(size = this.log.leaves.length) {
    return { case: CASE, size, note: await this.log.note(size), vkey: this.log.signer.vkey };
  }

  serve = async (id, since) => {
    this.asked.push(since);
    assert.equal(id, CASE);
    const size = this.log.leaves.length;
    if (since > size) throw new Contradicted("shorter");
    const proof = (await this.log.consistency(since)).map(toBase64);
    return { size, note: await this.log.note(), vkey: this.log.signer.vkey, since, proof };
  };
}

async function begun(size = 5) {
  const log = await new Log(await signerNamed(ORIGIN)).grow(...Array.from({ length: size }, (_, index) => `epoch ${index}`));
  const server = new StandInServer(log);
  const store = new StandInStore();
  return { log, server, store, seen: new Seen(store, (id, since) => server.serve(id, since), { now: () => 1e12 }) };
}

test("the first checkpoint is pinned without asking, and stated from then on", async () => {
  const { seen, server, store, log } = await begun();
  assert.equal(seen.stated(CASE), null);
  assert.equal(await seen.learn(await server.offer()), "pinned");
  assert.deepEqual(seen.stated(CASE), { n: 5, root: toHex(await log.root()) });
  const { note, vkey, at } = store.records.get(CASE);
  assert.deepEqual([note, vkey, at], [await log.note(), log.signer.vkey, 1e12]);
  assert.deepEqual(server.asked, []);
});

test("the same checkpoint again asks nothing; another root at the same size is a difference", async () => {
  const { seen, server, store } = await begun();
  await seen.learn(await server.offer());
  assert.equal(await seen.learn(await server.offer()), "kept");
  assert.deepEqual(server.asked, []);
  server.log = await server.log.fork(4).grow("another epoch 4");
  assert.equal(await seen.learn(await server.offer()), "differs");
  assert.deepEqual(store.accusations.map(({ why }) => why), ["other_root"]);
});

test("a longer history takes the place of the kept one once it is proven, from any size to any other", async () => {
  for (let from = 1; from <= 9; from += 1) {
    const { seen, server } = await begun(from);
    await seen.learn(await server.offer());
    await server.log.grow(...Array.from({ length: 7 }, (_, index) => `later ${index}`));
    assert.equal(await seen.learn(await server.offer()), "proven");
    assert.deepEqual(server.asked, [from]);
    assert.deepEqual(seen.stated(CASE), { n: from + 7, root: toHex(await server.log.root()) });
  }
});

test("a longer history that is not built on the kept one is a difference, and what was kept stays", async () => {
  const { seen, server, store, log } = await begun();
  await seen.learn(await server.offer());
  for (const size of [0, 1, 4]) {
    server.log = await log.fork(size).grow(...Array.from({ length: 9 }, (_, index) => `rewritten ${index}`));
    assert.equal(await seen.learn(await server.offer()), "differs");
    assert.deepEqual(seen.stated(CASE), { n: 5, root: toHex(await log.root()) });
  }
  assert.deepEqual(store.accusations.map(({ why }) => why), ["not_continued", "not_continued", "not_continued"]);
  assert.equal(store.accusations[0].kept.note, await log.note());
  assert.equal(store.accusations[2].shown.note, await server.log.note());
});

test("a shorter history is a difference: the server itself says that it knows no more, or shows less", async () => {
  const { seen, server, store, log } = await begun();
  await seen.learn(await server.offer());
  server.log = log.fork(3);
  assert.equal(await seen.learn(await server.offer()), "differs");
  assert.deepEqual(store.accusations.map(({ why }) => why), ["shorter"]);
  assert.equal(await seen.refresh(CASE), "differs");
  assert.equal(store.records.get(CASE).size, 5);
});

test("a page written before another tab kept a newer checkpoint is no difference", async () => {
  const { seen, server, store } = await begun();
  const early = await server.offer();
  await server.log.grow("later");
  await seen.learn(await server.offer());
  assert.equal(await seen.learn(early), "kept");
  assert.equal(store.records.get(CASE).size, 6);
  assert.deepEqual(store.accusations, []);
});

test("an old page of another history is a difference, although the server now shows the right one", async () => {
  const { seen, server, store, log } = await begun();
  await seen.learn(await server.offer());
  const wrong = { case: CASE, size: 3, note: await (await log.fork(2).grow("elsewhere")).note(), vkey: log.signer.vkey };
  assert.equal(await seen.learn(wrong), "differs");
  assert.equal(store.accusations[0].shown.note, wrong.note);
});

test("an epoch made between two answers is caught up with, not accused", async () => {
  const { seen, server } = await begun();
  await seen.learn(await server.offer());
  await server.log.grow("six");
  const offered = await server.offer();
  const serve = server.serve;
  server.serve = async (id, since) => {
    if (server.asked.length < 2) await server.log.grow(`more ${server.asked.length}`);
    return serve(id, since);
  };
  assert.equal(await seen.learn(offered), "proven");
  assert.deepEqual(seen.stated(CASE), { n: 8, root: toHex(await server.log.root()) });
});

test("two tabs cannot undo each other", async () => {
  const { seen, server, store } = await begun();
  await seen.learn(await server.offer());
  await server.log.grow("six");
  const behind = await server.offer();
  const other = new Seen(store, (id, since) => server.serve(id, since));
  store.meanwhile = async () => {
    await server.log.grow("seven");
    assert.equal(await other.learn(await server.offer()), "proven");
  };
  assert.equal(await seen.learn(behind), "kept");
  assert.equal(store.records.get(CASE).size, 7);
  assert.equal(seen.stated(CASE).n, 7);
  assert.deepEqual(store.accusations, []);
});

test("where the server cannot be asked, nothing is kept and nobody is accused", async () => {
  const { seen, server, store } = await begun();
  await seen.learn(await server.offer());
  await server.log.grow("six");
  server.serve = async () => { throw new NotAsked("offline"); };
  assert.equal(await seen.learn(await server.offer()), "unasked");
  assert.equal(await seen.refresh(CASE), "unasked");
  assert.equal(store.records.get(CASE).size, 5);
  assert.deepEqual(store.accusations, []);
});

test("a proof with one changed bit is no proof", async () => {
  const { seen, server, store } = await begun();
  await seen.learn(await server.offer());
  await server.log.grow("six", "seven");
  const right = await server.serve(CASE, 5);
  for (let at = 0; at < right.proof.length; at += 1) {
    const wrong = fromBase64(right.proof[at]);
    wrong[31] ^= 1;
    server.serve = async () => ({ ...right, proof: right.proof.toSpliced(at, 1, toBase64(wrong)) });
    assert.equal(await seen.learn(await server.offer()), "differs");
  }
  for (const proof of [[], undefined, "AAAA", [7], [...right.proof, right.proof[0]]]) {
    server.serve = async () => ({ ...right, proof });
    assert.equal(await seen.learn(await server.offer()), "differs");
  }
  assert.ok(store.accusations.length > 5);
});

test("another key in the same name is a difference, also with a proof; the old and the new one together are a change of key", async () => {
  const { seen, server, store, log } = await begun();
  await seen.learn(await server.offer());
  const thief = await signerNamed(ORIGIN);
  server.log = await new Log(thief).grow();
  server.log.leaves = [...log.leaves];
  await server.log.grow("six");
  assert.equal(await seen.learn(await server.offer()), "differs");
  assert.deepEqual(store.accusations.map(({ why }) => why), ["unsigned"]);

  const again = await begun();
  await again.seen.learn(await again.server.offer());
  const fresh = await signerNamed(ORIGIN);
  await again.log.grow("with a new key");
  const note = await again.log.note(6, again.log.signer, fresh);
  again.server.serve = async (_, since) => ({ size: 6, note, vkey: fresh.vkey, since, proof: (await again.log.consistency(since)).map(toBase64) });
  assert.equal(await again.seen.learn({ case: CASE, size: 6, note, vkey: fresh.vkey }), "proven");
  assert.equal(again.store.records.get(CASE).vkey, fresh.vkey);
});

test("a checkpoint of another case or room, or with another size than it says, is not taken for this one's", async () => {
  for (const origin of [`rooms.example.org/c/${OTHER}`, `${ORIGIN}/s/3`, "rooms.example.org"]) {
    const { seen, server, store } = await begun();
    server.log.signer = await renamed(server.log.signer, origin);
    assert.equal(await seen.learn(await server.offer()), "differs");
    assert.equal(store.records.size, 0);
  }
  const { seen, server, store } = await begun();
  assert.equal(await seen.learn({ ...(await server.offer()), size: 4 }), "differs");
  assert.equal(await seen.learn({ ...(await server.offer()), note: "garbage" }), "differs");
  assert.equal(store.records.size, 0);
});

test("once there was a difference, what was kept is not overwritten by a history that fits again", async () => {
  const { seen, server, store, log } = await begun();
  await seen.learn(await server.offer());
  server.log = await log.fork(4).grow("rewritten", "more");
  assert.equal(await seen.learn(await server.offer()), "differs");
  server.log = await log.fork().grow("six");
  await seen.learn(await server.offer());
  assert.equal(store.records.get(CASE).size, 5);
  assert.equal(store.accusations.length, 1);
});

test("cleared storage begins anew", async () => {
  const { seen, server, store } = await begun();
  await seen.learn(await server.offer());
  store.records.clear();
  await server.log.grow("six");
  assert.equal(await seen.learn(await server.offer()), "pinned");
  assert.equal(seen.stated(CASE).n, 6);
});

test("where the browser has no database, the page remembers by itself, and says that it does not last", async () => {
  assert.equal(globalThis.indexedDB, undefined);
  const { server, log } = await begun();
  const seen = new Seen(await openSeenStore(), (id, since) => server.serve(id, since));
  assert.equal(seen.lasting, false);
  assert.equal(await seen.learn(await server.offer()), "pinned");
  await server.log.grow("six");
  assert.equal(await seen.learn(await server.offer()), "proven");
  server.log = await log.fork(2).grow("x", "y", "z", "and more", "still more");
  assert.equal(await seen.learn(await server.offer()), "differs");
  assert.equal(await seen.learn(await server.offer()), "differs");
  assert.deepEqual((await seen.conflicts(CASE)).map(({ why, size }) => [why, size]), [["not_continued", 7]], "the same difference is kept once");
  assert.equal((await seen.conflicts(OTHER)).length, 0);
});

test("a server that refuses what was stated is a difference, also where it shows nothing", async () => {
  const { seen, server, store } = await begun();
  await seen.learn(await server.offer());
  await seen.accuse(CASE, "refused");
  assert.deepEqual(store.accusations.map(({ why, shown }) => [why, shown]), [["refused", null]]);
  assert.match(evidenceText(store.accusations[0], (name) => `<${name}>`), /<seen_why_refused>[^]*<seen_file_none>/);
});

test("cases are kept apart", async () => {
  const { seen, server } = await begun();
  await seen.learn(await server.offer());
  const log = await new Log(await signerNamed(`rooms.example.org/c/${OTHER}`)).grow("their epoch");
  assert.equal(await seen.learn({ case: OTHER, size: 1, note: await log.note(), vkey: log.signer.vkey }), "pinned");
  assert.deepEqual([seen.stated(CASE).n, seen.stated(OTHER).n], [5, 1]);
});

test("a browser that cannot verify signatures keeps nothing and accuses nobody", async (t) => {
  const { seen, server, store } = await begun();
  const offered = await server.offer();
  t.mock.method(crypto.subtle, "importKey", async () => { throw new DOMException("unknown", "NotSupportedError"); });
  assert.equal(await seen.learn(offered), "unable");
  assert.deepEqual([store.records.size, store.accusations.length, seen.stated(CASE)], [0, 0, null]);
});

test("the evidence is a text with both signed notes to the letter", async () => {
  const { seen, server, store, log } = await begun();
  await seen.learn(await server.offer());
  server.log = await log.fork(3).grow("rewritten", "more", "and more");
  await seen.learn(await server.offer());
  const text = evidenceText(store.accusations[0], (name, values) => `<${name} ${JSON.stringify(values ?? {})}>`);
  for (const part of [await log.note(), await server.log.note(), log.signer.vkey, "seen_why_not_continued", CASE]) assert.ok(text.includes(part), part);
  const forged = await signNote("x\n", log.signer);
  assert.ok(!text.includes(forged));
});
