import assert from "node:assert/strict";
import { test } from "node:test";
import { flipped, Log, renamed, signerFromSeed, signerNamed, signNote, vectors } from "./evidence.mjs";
import { EvidenceError, fromHex, toBase64, toHex, utf8 } from "../../static/js/evidence/bytes.js";
import { canVerify, CannotVerify, formatVkey, openCheckpoint, openNote, parseCheckpoint, parseDecimal, parseVkey, textOfNote, Unsigned } from "../../static/js/evidence/note.js";
import { parseReceipt, placeOf, saidBy, verifyReceipt } from "../../static/js/evidence/receipt.js";
import { leafHash } from "../../static/js/evidence/tree.js";

const NOTES = vectors("signed_note");
const GOLDEN = vectors("construction_v1_A");
const KEYS = new Map(await Promise.all(NOTES.keys.map(async ({ vkey }) => [vkey.split("+")[0], await parseVkey(vkey)])));
const LEAF = await leafHash(utf8(GOLDEN.bundle.spaces[2].events[0]));
const RECEIPT = GOLDEN.space_receipt_tlog_proof_A_0;

for (const { name, note, trusted, verified, error } of NOTES.cases) {
  test(`a published note is ${error ? "refused" : "accepted"}: ${name}`, async () => {
    const opening = openNote(note, trusted.map((each) => KEYS.get(each)));
    if (error) return assert.rejects(opening, EvidenceError);
    const opened = await opening;
    assert.equal(opened.text, NOTES.text);
    assert.deepEqual(opened.verified.map((each) => each.split("+")[0]), verified);
  });
}

test("a note that is no UTF-8 is refused", async () => {
  const data = Uint8Array.from(Buffer.from(NOTES.invalid_utf8_case_hex, "hex"));
  await assert.rejects(openNote(data, [KEYS.get("PeterNeumann")]), EvidenceError);
});

test("keys are read in their one form, and written again the same", async () => {
  for (const { vkey } of NOTES.keys) {
    const { name, key } = await parseVkey(vkey);
    assert.equal(await formatVkey(name, key), vkey);
  }
  for (const bad of [...NOTES.bad_vkeys, "", undefined, `${NOTES.keys[0].vkey}\n`]) await assert.rejects(parseVkey(bad), EvidenceError);
});

test("checkpoints are read to the letter; one with more lines is not ours", () => {
  const { checkpoint } = NOTES.format_examples;
  const { origin, size } = parseCheckpoint(textOfNote(checkpoint));
  assert.deepEqual([origin, size], ["example.com/behind-the-sofa", 20852163]);
  const root = toBase64(new Uint8Array(32));
  assert.equal(parseCheckpoint(`log\n0\n${root}\n`).size, 0);
  for (const text of [`log\n0\n${root}\nmore\n`, `log\n00\n${root}\n`, `log\n-1\n${root}\n`, `log\n0\n${root}`, `l og\n0\n${root}\n`, "log\n0\nAAAA\n", `log\n9007199254740993\n${root}\n`]) {
    assert.throws(() => parseCheckpoint(text), EvidenceError, text);
  }
});

test("sizes have one form", () => {
  assert.equal(parseDecimal("120"), 120);
  for (const text of ["", "01", "+1", "1 ", "1.0", "9".repeat(20)]) assert.throws(() => parseDecimal(text), EvidenceError, text);
});

test("no bit of a signed checkpoint can be changed", async () => {
  const [note, key] = [utf8(GOLDEN.bundle.notes[1]), await parseVkey(GOLDEN.bundle.vkey)];
  assert.equal((await openCheckpoint(note, key)).size, 2);
  const outcomes = await Promise.allSettled(Array.from({ length: 8 * note.length }, (_, bit) => openCheckpoint(flipped(note, bit), key)));
  assert.equal(outcomes.length, 8 * note.length);
  assert.deepEqual(outcomes.filter((each) => each.status === "fulfilled" || !(each.reason instanceof EvidenceError)), []);
});

test("a checkpoint signed by another key of the same name is refused, and so is another log's", async () => {
  const [one, other] = [await signerNamed("log"), await signerNamed("log")];
  const log = await new Log(one).grow("a", "b");
  assert.equal((await openCheckpoint(await log.note(), await parseVkey(one.vkey))).size, 2);
  await assert.rejects(openCheckpoint(await log.note(2, other), await parseVkey(one.vkey)), Unsigned);
  const elsewhere = await renamed(one, "elsewhere");
  const borrowed = await signNote(textOfNote(await log.note()), elsewhere);
  await assert.rejects(openCheckpoint(borrowed, await parseVkey(elsewhere.vkey)), EvidenceError);
});

test("where two keys must have signed, one is not enough", async () => {
  const [old, fresh] = [await signerNamed("log"), await signerNamed("log")];
  const log = await new Log(old).grow("a");
  const keys = [await parseVkey(old.vkey), await parseVkey(fresh.vkey)];
  assert.equal((await openCheckpoint(await log.note(1, old, fresh), keys[0], [keys[1]])).size, 1);
  await assert.rejects(openCheckpoint(await log.note(1, old), keys[0], [keys[1]]), Unsigned);
  await assert.rejects(openCheckpoint(await log.note(1, fresh), keys[0], [keys[1]]), Unsigned);
});

test("a browser without Ed25519 says that it cannot verify, never that something is wrong", async (t) => {
  const key = await parseVkey(GOLDEN.bundle.vkey);
  assert.equal(await canVerify(), true);
  t.mock.method(crypto.subtle, "importKey", async () => { throw new DOMException("unknown", "NotSupportedError"); });
  assert.equal(await canVerify(), false);
  await assert.rejects(openCheckpoint(GOLDEN.bundle.notes[0], key), CannotVerify);
});

test("the golden key and signature are those of the published seed", async () => {
  const signer = await signerFromSeed(GOLDEN.bundle.vkey.split("+")[0], GOLDEN.test_signing_seed_hex);
  assert.equal(signer.vkey, GOLDEN.bundle.vkey);
  assert.equal(await signNote(textOfNote(GOLDEN.bundle.notes[0]), signer), GOLDEN.bundle.notes[0]);
});

test("the golden receipt proves its entry, and no other", async () => {
  const key = await parseVkey(GOLDEN.bundle.spaces[2].vkey);
  const { index, size, origin } = await verifyReceipt(RECEIPT, LEAF, key);
  assert.equal(index, 0);
  assert.ok(size > 0);
  assert.deepEqual(placeOf(origin), { host: "rooms.example.org", case: GOLDEN.bundle.case, space: 2 });
  assert.deepEqual([saidBy(RECEIPT).index, saidBy(RECEIPT).size], [index, size]);
  await assert.rejects(verifyReceipt(RECEIPT, await leafHash(utf8(GOLDEN.bundle.spaces[2].events[1])), key), EvidenceError);
  await assert.rejects(verifyReceipt(RECEIPT, LEAF, await parseVkey(GOLDEN.bundle.spaces[11].vkey)), EvidenceError);
});

test("no bit of a receipt can be changed", async () => {
  const [receipt, key] = [utf8(RECEIPT), await parseVkey(GOLDEN.bundle.spaces[2].vkey)];
  const decoder = new TextDecoder();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 * receipt.length }, (_, bit) => verifyReceipt(decoder.decode(flipped(receipt, bit)), LEAF, key)));
  assert.deepEqual(outcomes.filter((each) => each.status === "fulfilled" || !(each.reason instanceof EvidenceError)), []);
});

test("a receipt with what nothing authenticates is refused", () => {
  assert.equal(parseReceipt(RECEIPT).index, 0);
  for (const bad of [RECEIPT.replace("index 0", "index 00"), RECEIPT.replace("index 0\n", "extra AAAA\nindex 0\n"), RECEIPT.replace("@v1", "@v2"), RECEIPT.replace("\n\n", "\n"), ""]) {
    assert.throws(() => parseReceipt(bad), EvidenceError);
  }
});

test("an origin names a case and perhaps a room, in one form", () => {
  const id = "ab".repeat(16);
  assert.equal(placeOf(`host:8000/c/${id}`).space, null);
  for (const bad of [`host/c/${id}/s/01`, `host/c/${id.toUpperCase()}`, `host/c/${id}/`, `/c/${id}`, "host"]) assert.throws(() => placeOf(bad), EvidenceError);
  assert.equal(toHex(fromHex(id, 16)), id);
});
