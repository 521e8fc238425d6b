import assert from "node:assert/strict";
import { test } from "node:test";
import { flipped, goldenMembers, lines, packOf, vectors, zip } from "./evidence.mjs";
import { EvidenceError, fromBase64, fromUtf8, sha256, toHex, utf8 } from "../../static/js/evidence/bytes.js";
import { canonical } from "../../static/js/evidence/canonical.js";
import { verifyPack } from "../../static/js/evidence/pack/verify.js";
import { readToken } from "../../static/js/evidence/token.js";

const TOKENS = vectors("rfc3161_local_tsa");
const tokenOf = (name) => {
  const found = TOKENS.cases.find((each) => each.name.startsWith(name));
  return { tsr: fromBase64(found.tsr), data: fromBase64(found.data_b64) };
};

test("a token says over what it is and when, whatever certificates it carries and in whatever order", async () => {
  for (const name of ["good", "no certificate", "two certificates", "wrong trust root"]) {
    const { tsr, data } = tokenOf(name);
    const { imprint, at, accuracy } = readToken(tsr);
    assert.equal(imprint, toHex(await sha256(data)), name);
    assert.ok(at > Date.UTC(2020, 0) && at < Date.UTC(2100, 0), name);
    assert.equal(accuracy, 1000, name);
  }
});

test("a token over other data has another imprint", async () => {
  const { tsr, data } = tokenOf("data changed");
  assert.notEqual(readToken(tsr).imprint, toHex(await sha256(data)));
});

test("a refusal of the authority, and what is cut short, cannot be read; nothing breaks", () => {
  assert.throws(() => readToken(tokenOf("status rejection").tsr), EvidenceError);
  const { tsr } = tokenOf("good");
  for (let size = 0; size < 200; size += 1) assert.throws(() => readToken(tsr.subarray(0, size)), EvidenceError);
});

test("no changed bit of a token breaks the reading", () => {
  const { tsr } = tokenOf("good");
  for (let bit = 0; bit < 8 * 300; bit += 1) {
    try {
      readToken(flipped(tsr, bit));
    } catch (error) {
      assert.ok(error instanceof EvidenceError, String(error));
    }
  }
});

/** The golden pack with a token at its first checkpoint, pinned by its last epoch or not. What the change of the epoch breaks is other checks' to say. */
async function withToken(token, { pin = null } = {}) {
  const members = goldenMembers();
  if (token) members.set("case/checkpoints/000000.tsr", token);
  if (pin) {
    const epochs = fromUtf8(members.get("case/epochs.jsonl")).split("\n").slice(0, -1).map((line) => JSON.parse(line));
    Object.assign(epochs.at(-1), { stamps: [0], tst: pin });
    members.set("case/epochs.jsonl", utf8(lines(epochs.map(canonical))));
  }
  return (await verifyPack(await packOf(members), { library: zip })).report;
}

test("a token over another checkpoint is a finding; one in an unknown form is left to the offline verifier", async () => {
  const { tsr } = tokenOf("good");
  const other = await withToken(tsr);
  assert.deepEqual(other.findings.map(({ check, epoch }) => [check, epoch]), [["timestamp", 0]]);
  const odd = await withToken(utf8("no DER"));
  assert.deepEqual([odd.findings, odd.unread, odd.stamped], [[], 1, 0]);
});

test("a pinned token that is missing or was exchanged is a finding, the pinned one is not", async () => {
  const odd = utf8("no DER");
  const pin = toHex(await sha256(await sha256(odd)));
  assert.equal((await withToken(odd, { pin })).has("timestamp"), false);
  assert.equal((await withToken(utf8("another"), { pin })).has("timestamp"), true);
  assert.equal((await withToken(null, { pin })).has("timestamp"), true);
});
