import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { test } from "node:test";
import { goldenMembers, packOf, vectors, zip } from "./evidence.mjs";
import { EvidenceError, sha256, toHex, utf8 } from "../../static/js/evidence/bytes.js";
import { checkCode, checkReceipt, codeIn, fingerprintOf, sortOf } from "../../static/js/evidence/dropped.js";
import { parseVkey } from "../../static/js/evidence/note.js";
import { leafHash } from "../../static/js/evidence/tree.js";
import { verifyPack } from "../../static/js/evidence/pack/verify.js";

const GOLDEN = vectors("construction_v1_A");
const RECEIPT = GOLDEN.space_receipt_tlog_proof_A_0;
const VKEY = GOLDEN.bundle.spaces[2].vkey;
const LEAF = toHex(await leafHash(utf8(GOLDEN.bundle.spaces[2].events[0])));
const CODE = { leaf: LEAF, receipt: RECEIPT, vkey: VKEY };
const nothingKept = async () => null;

const hashOf = (value) => `#r=${deflateRawSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")}`;

test("files are sorted by their first bytes, whatever they are called", async () => {
  assert.equal(await sortOf(await packOf(goldenMembers())), "zip");
  assert.equal(await sortOf(new Blob([RECEIPT])), "receipt");
  assert.equal(await sortOf(new Blob(["age-encryption.org/v1\n-> X25519 abc"])), "age");
  for (const content of ["", "hello", "c2sp.org/tlog-proof@v2\nindex 0\n"]) assert.equal(await sortOf(new Blob([content])), "other");
});

test("the code of a printed receipt proves its entry, and names the key by its fingerprint", async () => {
  const shown = await checkCode(await codeIn(hashOf(CODE)));
  assert.deepEqual([shown.case, shown.space, shown.index, shown.host, shown.proven], [GOLDEN.bundle.case, 2, 0, "rooms.example.org", "entry"]);
  assert.equal(shown.fingerprint, toHex(await sha256((await parseVkey(VKEY)).key)));
  assert.equal(shown.fingerprint, await fingerprintOf(GOLDEN.bundle.vkey), "one key for the case and its rooms");
});

test("what the paper prints is told, to be compared: the words on it are in no code", async () => {
  const { leaf, root } = await checkCode(await codeIn(hashOf(CODE)));
  assert.equal(leaf, LEAF);
  assert.equal(root, RECEIPT.split("\n\n")[1].split("\n")[2]);
});

test("a code with another entry, key or receipt does not hold", async () => {
  const others = [{ ...CODE, leaf: "0".repeat(64) }, { ...CODE, vkey: GOLDEN.bundle.spaces[11].vkey }, { ...CODE, receipt: RECEIPT.replace("index 0", "index 1") },
    { ...CODE, vkey: GOLDEN.bundle.vkey }];
  for (const other of others) await assert.rejects(checkCode(await codeIn(hashOf(other))), EvidenceError);
});

test("an address without a code is no code, and one that cannot be read is refused", async () => {
  assert.equal(await codeIn(""), null);
  assert.equal(await codeIn("#other"), null);
  const { length } = hashOf(CODE);
  const bad = ["#r=", "#r=!!!", `#r=${"A".repeat(9000)}`, hashOf(CODE).slice(0, length / 2), hashOf("[]"), hashOf("{"), hashOf({ ...CODE, more: 1 }), hashOf({ ...CODE, leaf: 7 })];
  for (const hash of bad) await assert.rejects(codeIn(hash), EvidenceError, hash.slice(0, 30));
});

test("a code that unfolds to more than a receipt is refused before it fills the memory", async () => {
  const bomb = hashOf({ ...CODE, receipt: "x".repeat(2_000_000) });
  assert.ok(bomb.length < 8000);
  await assert.rejects(codeIn(bomb), /unfolds to more/);
});

test("a text receipt dropped with its pack is checked in full; its neighbour's is refused", async () => {
  const checked = await verifyPack(await packOf(goldenMembers()), { library: zip });
  assert.equal(checked.report.verified, true);
  const shown = await checkReceipt(RECEIPT, [checked], nothingKept);
  assert.deepEqual([shown.proven, shown.index, shown.space], ["entry", 0, 2]);
  await assert.rejects(checkReceipt(RECEIPT.replace("index 0", "index 1"), [checked], nothingKept), EvidenceError);
});

test("a text receipt alone is held against the key that this browser keeps, and says no more than that", async () => {
  const { vkey } = GOLDEN.bundle;
  const keptOf = async (id) => (id === GOLDEN.bundle.case ? { vkey } : null);
  assert.equal((await checkReceipt(RECEIPT, [], keptOf)).proven, "signature");
  assert.equal((await checkReceipt(RECEIPT, [], nothingKept)).proven, "nothing");
  const other = vkey.replace(/\+[0-9a-f]{8}\+.*/, "");
  const thief = (await import("./evidence.mjs")).signerNamed(other);
  await assert.rejects(checkReceipt(RECEIPT, [], async () => ({ vkey: (await thief).vkey })), EvidenceError);
});
