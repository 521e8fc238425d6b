import assert from "node:assert/strict";
import { test } from "node:test";
import { EXPORTER, flipped, goldenMembers, lines, manifestOf, packOf, vectors, zip, zipOf } from "./evidence.mjs";
import { concat, fromUtf8, sha256, toHex, utf8 } from "../../static/js/evidence/bytes.js";
import { canonical } from "../../static/js/evidence/canonical.js";
import { CannotVerify } from "../../static/js/evidence/note.js";
import { handfuls, linesOf } from "../../static/js/evidence/pack/lines.js";
import { NotAPack, verifyPack } from "../../static/js/evidence/pack/verify.js";

const GOLDEN = vectors("construction_v1_A");
const CHECKS = ["manifest", "key", "epoch", "checkpoint", "schedule", "timestamp", "canonical", "sequence", "prev", "clock", "seen", "opening",
  "head", "commitment", "file", "act", "window", "link", "equivocation"];

const verify = async (pack, options = {}) => (await verifyPack(pack, { library: zip, ...options })).report;
const checksOf = (report) => [...new Set(report.findings.map((finding) => finding.check))].sort();

/** A pack with one member changed, under a manifest that knows the change. */
async function withMember(path, change) {
  const members = goldenMembers();
  const before = members.has(path) ? fromUtf8(members.get(path)) : "";
  const after = change(before);
  if (after === null) members.delete(path);
  else members.set(path, typeof after === "string" ? utf8(after) : after);
  return verify(await packOf(members));
}

const line = (text, index, change) => {
  const all = text.split("\n").slice(0, -1);
  all[index] = canonical(change(JSON.parse(all[index])));
  return lines(all);
};

test("the golden pack verifies, with the states that its maker expects", async () => {
  const report = await verify(await packOf(goldenMembers()));
  assert.deepEqual(report.findings, []);
  assert.equal(report.verified, true);
  for (const [slot, expected] of Object.entries(GOLDEN.expect)) {
    const { events, sealed, states } = report.spaces[slot];
    assert.deepEqual({ events, sealed, states }, expected);
  }
  assert.equal(report.epochs, GOLDEN.bundle.epochs.length);
  assert.equal(report.last_due, "2026-11-22T11:00:00Z");
  assert.equal(report.spaces[11].files_present, 0);
  assert.ok(report.spaces[11].files_absent > 0);
});

test("a given key is compared with the pack's, and so is what the browser has kept", async () => {
  const pack = await packOf(goldenMembers());
  const { vkey, notes } = GOLDEN.bundle;
  const root = Buffer.from(notes[1].split("\n")[2], "base64").toString("hex");
  const keeping = (size, kept) => ({ keptOf: async (id) => (id === GOLDEN.bundle.case ? { size, root: kept, vkey } : null) });
  assert.equal((await verify(pack, { given: vkey })).key_source, "given");
  assert.deepEqual(checksOf(await verify(pack, { given: GOLDEN.bundle.spaces[2].vkey })), ["key"]);
  assert.equal((await verify(pack, keeping(2, root))).compared, true);
  assert.deepEqual(checksOf(await verify(pack, keeping(2, "0".repeat(64)))), ["equivocation"]);
  assert.equal((await verify(pack, keeping(99, root))).compared, false);
});

test("what is no pack is told apart from a pack with findings", async () => {
  const members = goldenMembers();
  const others = [new Blob(["no zip"]), await zipOf(members), await zipOf([...members, ["manifest.json", utf8("{")]]),
    await packOf(members, { v: "caseroom/v2/pack" })];
  for (const pack of others) await assert.rejects(verify(pack), NotAPack);
});

test("a browser without Ed25519 does not call a pack bad", async (t) => {
  t.mock.method(crypto.subtle, "importKey", async () => { throw new DOMException("unknown", "NotSupportedError"); });
  await assert.rejects(verify(await packOf(goldenMembers())), CannotVerify);
});

test("a changed bit of any member is found under the old manifest", async () => {
  const members = goldenMembers();
  const manifest = await manifestOf(members);
  for (const [path, data] of members) {
    const changed = new Map(members).set(path, flipped(data, 8 * Math.floor(data.length / 2) + 1));
    const report = await verify(await zipOf([...changed, ["manifest.json", manifest]]));
    assert.ok(report.has("manifest"), path);
  }
});

test("under a renewed manifest a changed bit of any record is found all the same", async () => {
  const members = goldenMembers();
  let refused = 0;
  for (const [path, data] of members) {
    if (path === "README.txt") continue;
    for (let part = 0; part < 6; part += 1) {
      const bit = Math.floor(((part + 0.37) / 6) * 8 * data.length);
      const report = await verify(await packOf(new Map(members).set(path, flipped(data, bit))));
      assert.ok(report.findings.length > 0, `${path} bit ${bit}`);
      for (const { check } of report.findings) assert.ok(CHECKS.includes(check), check);
      refused += 1;
    }
  }
  assert.ok(refused >= 90, String(refused));
});

test("files that do not belong, stand twice, are missing or not in the list are findings of the manifest", async () => {
  const members = goldenMembers();
  const manifest = await manifestOf(members);
  const whole = [...members, ["manifest.json", manifest]];
  assert.deepEqual((await verify(await zipOf(whole))).findings, []);
  const unknown = await packOf(new Map(members).set("spaces/11/notes.txt", utf8("x")));
  assert.deepEqual(checksOf(await verify(unknown)), ["manifest"]);
  assert.deepEqual(checksOf(await verify(await zipOf([...whole, ["verify.py", utf8("x")]]))), ["manifest"]);
  assert.ok((await verify(await zipOf(whole.filter(([path]) => path !== "README.txt")))).has("manifest"));
  assert.ok((await verify(await packOf(members, { at: "yesterday" }))).has("manifest"));
  assert.ok((await verify(await packOf(members, { more: true }))).has("manifest"));
});

test("a file that stands twice in the archive is a finding", async () => {
  const members = goldenMembers();
  const pack = await zipOf([...members, ["manifest.json", await manifestOf(members)], ["case/vkez", members.get("case/vkey")]]);
  const twice = Buffer.from(await pack.arrayBuffer());
  for (let at = twice.indexOf("case/vkez"); at >= 0; at = twice.indexOf("case/vkez", at + 1)) twice.write("case/vkey", at);
  assert.ok((await verify(new Blob([twice]))).has("manifest"));
});

/** Each change has a renewed manifest; the name is the check that must find it. */
const CHANGES = [
  ["key", "case/vkey", () => `${GOLDEN.bundle.spaces[2].vkey}\n`],
  ["key", "spaces/2/vkey", () => `${GOLDEN.bundle.spaces[11].vkey}\n`],
  ["epoch", "case/epochs.jsonl", (text) => line(text, 2, (epoch) => ({ ...epoch, prev: "1".repeat(64) }))],
  ["epoch", "case/epochs.jsonl", () => ""],
  ["canonical", "case/epochs.jsonl", (text) => text.replace('"slots":32', '"slots": 32')],
  ["canonical", "case/epochs.jsonl", (text) => line(text, 1, (epoch) => ({ ...epoch, note: "x" }))],
  ["checkpoint", "case/epochs.jsonl", (text) => line(text, 3, (epoch) => ({ ...epoch, sroot: "2".repeat(64) }))],
  ["checkpoint", "case/checkpoints/000002.note", () => null],
  ["checkpoint", "case/checkpoints/000002.note", () => GOLDEN.bundle.notes[1]],
  ["checkpoint", "case/checkpoints/000002.note", (text) => text + text.split("\n").at(-2) + "\n"],
  ["checkpoint", "case/checkpoints/000009.note", () => GOLDEN.bundle.notes[1]],
  ["schedule", "case/epochs.jsonl", (text) => line(text, 3, (epoch) => ({ ...epoch, due: "2026-11-22T12:00:00Z" }))],
  ["schedule", "case/epochs.jsonl", (text) => line(text, 3, (epoch) => ({ ...epoch, due: "2026-11-22T09:30:00Z" }))],
  ["schedule", "case/epochs.jsonl", (text) => line(text, 2, (epoch) => ({ ...epoch, why: "joint", due: "2026-11-22T10:30:00Z" }))],
  ["timestamp", "case/epochs.jsonl", (text) => line(text, 3, (epoch) => ({ ...epoch, stamps: [1], tst: "3".repeat(64) }))],
  ["canonical", "spaces/2/events.jsonl", (text) => text.replace('"seq":3', '"seq": 3')],
  ["sequence", "spaces/2/events.jsonl", (text) => text.split("\n").filter((_, index) => index !== 4).join("\n")],
  ["sequence", "spaces/2/events.jsonl", (text) => line(text, 11, (event) => ({ ...event, in: { ...event.in, space: 11 } }))],
  ["prev", "spaces/2/events.jsonl", (text) => line(text, 5, (event) => ({ ...event, prev: "4".repeat(64) }))],
  ["clock", "spaces/2/events.jsonl", (text) => line(text, 11, (event) => ({ ...event, at: "2026-11-22T09:10:00.000Z" }))],
  ["window", "spaces/2/events.jsonl", (text) => line(text, 11, (event) => ({ ...event, at: "2026-11-22T09:20:00.000Z" }))],
  ["seen", "spaces/2/events.jsonl", (text) => line(text, 11, (event) => ({ ...event, in: { ...event.in, seen: { ...event.in.seen, n: 2 } } }))],
  ["opening", "spaces/2/openings.jsonl", (text) => text.split("\n").slice(0, -2).join("\n") + "\n"],
  ["opening", "spaces/2/openings.jsonl", (text) => text.split("\n").slice(1).join("\n")],
  ["opening", "spaces/2/openings.jsonl", (text) => text.split("\n").filter((_, index) => index !== 1).join("\n")],
  ["opening", "spaces/2/openings.jsonl", (text) => line(text, 2, (opening) => ({ ...opening, size: 10 }))],
  ["opening", "spaces/2/openings.jsonl", (text) => line(text, 2, ({ salt: _, ...rest }) => rest)],
  ["head", "spaces/2/head.note", () => GOLDEN.bundle.spaces[11].head],
  ["head", "spaces/2/head.note", () => null],
  ["head", "spaces/2/events.jsonl", (text) => text + "{}\n"],
  ["commitment", "spaces/2/disclosures.jsonl", (text) => line(text, 1, (each) => ({ ...each, values: { ...each.values, body: '{"text":"m9"}' } }))],
  ["commitment", "spaces/2/disclosures.jsonl", (text) => line(text, 1, (each) => ({ ...each, ek: "5".repeat(64) }))],
  ["commitment", "spaces/2/disclosures.jsonl", (text) => line(text, 1, (each) => ({ ...each, more: "x" }))],
  ["commitment", "spaces/2/disclosures.jsonl", (text) => text.split("\n").slice(1).join("\n")],
  ["commitment", "spaces/2/disclosures.jsonl", (text) => text + text.split("\n")[0] + "\n"],
  ["commitment", "spaces/2/disclosures.jsonl", (text) => text.slice(0, -1)],
  ["file", `spaces/11/files/${"6".repeat(64)}`, () => "some bytes"],
];

for (const [index, [check, path, change]] of CHANGES.entries()) {
  test(`change ${index} of ${path.replace(/6{64}/, "a file")} is found as ${check}`, async () => {
    const report = await withMember(path, change);
    assert.ok(report.has(check), JSON.stringify(report.findings.slice(0, 5)));
  });
}

/** The golden pack with a file of this content where the first exhibit of room 11 stands: what it says, made anew. */
async function withExhibit(content, { size = content.length, name } = {}) {
  const members = goldenMembers();
  const digest = toHex(await sha256(content));
  const { space, ek } = await reworded(members, 11, 1, { body: { files: [{ sha256: digest, size, type: "text/plain" }] } });
  assert.ok(space && ek);
  members.set(`spaces/11/files/${name ?? digest}`, content);
  return verify(await packOf(members));
}

/** Commit an entry to other values; what hangs on its hash (prev, head, openings) is then wrong, which other checks find. */
async function reworded(members, slot, seq, changes) {
  const disclosures = fromUtf8(members.get(`spaces/${slot}/disclosures.jsonl`)).split("\n").slice(0, -1).map((each) => JSON.parse(each));
  const events = fromUtf8(members.get(`spaces/${slot}/events.jsonl`)).split("\n").slice(0, -1).map((each) => JSON.parse(each));
  const { ek, values } = disclosures[seq];
  for (const [field, value] of Object.entries(changes)) {
    values[field] = canonical(value);
    events[seq].in.f[field] = await commitment(ek, field, values[field]);
  }
  members.set(`spaces/${slot}/disclosures.jsonl`, utf8(lines(disclosures.map(canonical))));
  members.set(`spaces/${slot}/events.jsonl`, utf8(lines(events.map(canonical))));
  return { space: slot, ek };
}

async function commitment(ek, field, value) {
  const key = await crypto.subtle.importKey("raw", Buffer.from(ek, "hex"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const salt = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(`caseroom/v1/salt\0${field}`)));
  return toHex(await sha256(concat(utf8(`caseroom/v1/commit\0${field}\0`), salt, utf8(value))));
}

test("a file that is the one that was filed is present; another, or one of another size, is a finding", async () => {
  const content = utf8("the signed lease\n");
  const good = await withExhibit(content);
  assert.equal(good.has("file") || good.has("commitment"), false);
  assert.equal(good.spaces[11].files_present, 1);
  assert.ok((await withExhibit(content, { size: 3 })).has("file"));
  assert.ok((await withExhibit(content, { name: "7".repeat(64) })).has("file"));
});

test("a part that is withheld is no finding, and is called withheld", async () => {
  const members = goldenMembers();
  const all = fromUtf8(members.get("spaces/2/disclosures.jsonl")).split("\n").slice(0, -1).map((each) => JSON.parse(each));
  all[1] = { seq: 1, salts: {}, values: {} };
  members.set("spaces/2/disclosures.jsonl", utf8(lines(all.map(canonical))));
  const report = await verify(await packOf(members));
  assert.deepEqual(report.findings, []);
  assert.equal(report.spaces[2].states[1], "withheld");
});

test("an erased entry is named by a verified erasure, and only then may its line be gone", async () => {
  const events = GOLDEN.bundle.spaces[2].events;
  const of = toHex(await sha256(concat(Uint8Array.of(0), utf8(events[3]))));
  for (const [body, state] of [[{ basis: "request", of }, "erased"], [{ basis: "request", of: "8".repeat(64) }, "missing"]]) {
    const members = goldenMembers();
    await reworded(members, 2, 11, { body });
    const text = fromUtf8(members.get("spaces/2/events.jsonl"));
    members.set("spaces/2/events.jsonl", utf8(line(text, 11, (event) => ({ ...event, in: { ...event.in, k: "item.erased" } }))));
    const kept = fromUtf8(members.get("spaces/2/disclosures.jsonl")).split("\n").filter((_, index) => index !== 3);
    members.set("spaces/2/disclosures.jsonl", utf8(kept.join("\n")));
    const report = await verify(await packOf(members));
    assert.equal(report.spaces[2].states[3], state);
    assert.equal(report.has("commitment"), state === "missing");
  }
});

test("links lead from a release to the consent of its owner; another salt, consent or owner does not hold", async () => {
  const salt = "9".repeat(64);
  const consentLeaf = await sha256(concat(Uint8Array.of(0), utf8(GOLDEN.bundle.spaces[2].events[10])));
  const consent = toHex(await sha256(concat(utf8("caseroom/v1/link\0"), Buffer.from(salt, "hex"), consentLeaf)));
  const linked = async (who, entry) => {
    const members = goldenMembers();
    await reworded(members, 11, 2, { who });
    members.set("links.jsonl", utf8(`${canonical(entry)}\n`));
    return verify(await packOf(members));
  };
  const entry = { caucus: [2, 10], joint: [11, 2], salt };
  const good = await linked({ consent, owner: EXPORTER }, entry);
  assert.deepEqual([good.has("link"), good.links], [false, 1]);
  assert.ok((await linked({ consent, owner: EXPORTER }, { ...entry, salt: "a".repeat(64) })).has("link"));
  assert.ok((await linked({ consent, owner: EXPORTER }, { ...entry, caucus: [2, 11] })).has("link"));
  assert.ok((await linked({ consent, owner: EXPORTER }, { ...entry, joint: [11, 9] })).has("link"));
  assert.ok((await linked({ consent, owner: "b".repeat(32) }, entry)).has("link"));
});

test("lines are split at newlines alone, a cut one is refused, and handfuls lose none", async () => {
  assert.deepEqual(linesOf(utf8("")).length, 0);
  assert.deepEqual(linesOf(utf8("a\u2028b\u0085c\n\n")).map(fromUtf8), ["a\u2028b\u0085c", ""]);
  assert.throws(() => linesOf(utf8("a\nb")), /does not end/);
  const all = Array.from({ length: 1000 }, (_, index) => index);
  const taken = [];
  for await (const { some } of handfuls(all)) taken.push(...some);
  assert.deepEqual(taken, all);
});

test("progress never goes back and ends where it said", async () => {
  const steps = [];
  await verify(await packOf(goldenMembers()), { progress: (step, done, total) => steps.push([step, done, total]) });
  for (const wanted of ["files", "entries"]) {
    const some = steps.filter(([step]) => step === wanted);
    assert.ok(some.length > 0);
    assert.ok(some.every(([, done], index) => !index || done >= some[index - 1][1]));
    if (wanted === "files") assert.equal(some.at(-1)[1], some.at(-1)[2]);
  }
});
