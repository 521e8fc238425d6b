import assert from "node:assert/strict";
import { test } from "node:test";
import { vectors } from "./evidence.mjs";
import { EvidenceError, fromBase64, fromBase64Url, fromHex, fromUtf8, hmacs, toBase64, toHex, u32, u64, utf8 } from "../../static/js/evidence/bytes.js";
import { canonical, dueOf, instantOf, parseCanonical } from "../../static/js/evidence/canonical.js";

const JCS = vectors("jcs_rfc8785");
/** Fractions, negative numbers and null are what docs/evidence.md §1 leaves out of RFC 8785. */
const allowed = (value) => {
  if (value === null) return false;
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  return typeof value !== "object" || Object.values(value).every(allowed);
};

test("the published documents that the ledger allows are written as published, and only that form is read", () => {
  const documents = JCS.documents.filter((each) => allowed(JSON.parse(each.input)));
  assert.ok(documents.length >= 3);
  for (const { input, canonical: text, canonical_hex: hex } of documents) {
    assert.equal(canonical(JSON.parse(input)), text);
    assert.equal(toHex(utf8(text)), hex);
    assert.deepEqual(parseCanonical(utf8(text)), JSON.parse(input));
    assert.throws(() => parseCanonical(utf8(input)), EvidenceError);
  }
});

test("published documents and numbers outside the ledger's rule are refused", () => {
  const documents = JCS.documents.filter((each) => !allowed(JSON.parse(each.input)));
  assert.ok(documents.length >= 1);
  for (const { canonical: text } of documents) assert.throws(() => parseCanonical(utf8(text)), EvidenceError);
  let [taken, refused] = [0, 0];
  for (const { ieee754, text } of JCS.numbers) {
    const value = Buffer.from(ieee754, "hex").readDoubleBE();
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) assert.equal(canonical(value), text, (taken += 1));
    else assert.throws(() => canonical(value), EvidenceError, (refused += 1));
  }
  assert.ok(taken > 0 && refused > 0);
  for (const ieee754 of JCS.numbers_must_fail) assert.throws(() => canonical(Buffer.from(ieee754, "hex").readDoubleBE()), EvidenceError);
});

test("a second form of the same value is refused", () => {
  assert.deepEqual(parseCanonical('{"a":1,"b":[true,"x"]}'), { a: 1, b: [true, "x"] });
  const others = ['{"b":[true,"x"],"a":1}', '{"a":1,"a":1}', '{"a": 1}', '{"a":1.0}', '{"a":1e0}', '{"a":-0}', '{"a":01}', '{"\\u0061":1}',
    '{"a":null}', '{"a":9007199254740993}', '{"a":-1}', '{"a":0.5}', '"\\ud800"', "[1,]", "", '{"a":1}\n', '\ufeff{"a":1}', '"\\/"'];
  for (const text of others) assert.throws(() => parseCanonical(utf8(text)), EvidenceError, text);
});

test("members are ordered by UTF-16 code units, and digits are no numbers among names", () => {
  assert.equal(canonical({ "\ufb33": 1, "\u{1f602}": 2, 10: 3, 9: 4, __proto: 5 }), '{"10":3,"9":4,"__proto":5,"\u{1f602}":2,"\ufb33":1}');
  assert.deepEqual(Object.keys(parseCanonical('{"__proto__":{"x":1}}')), ["__proto__"]);
});

test("a value nested too deeply is refused, not a crash", () => {
  assert.throws(() => parseCanonical("[".repeat(1e5) + "]".repeat(1e5)), EvidenceError);
});

test("times have one form and exist", () => {
  assert.equal(instantOf("2026-11-22T08:20:00.000Z"), Date.UTC(2026, 10, 22, 8, 20));
  assert.equal(dueOf("2024-02-29T08:20:00Z"), Date.UTC(2024, 1, 29, 8, 20));
  for (const text of ["2026-02-30T08:20:00.000Z", "2026-11-22T24:00:00.000Z", "2026-11-22T08:20:00Z", "2026-11-22T08:20:00.0000Z", "", 7]) {
    assert.throws(() => instantOf(text), EvidenceError, String(text));
  }
  for (const text of ["2026-11-22T08:20:00.000Z", "2025-02-29T08:20:00Z", "2026-11-22T08:20:60Z"]) assert.throws(() => dueOf(text), EvidenceError, text);
});

test("hex and base64 have one form", () => {
  assert.equal(toHex(fromHex("00ff10", 3)), "00ff10");
  for (const text of ["00FF10", "00ff1", "00ff1g", " 0ff10", "00ff1000", null]) assert.throws(() => fromHex(text, 3), EvidenceError);
  assert.equal(toBase64(fromBase64("AAE=")), "AAE=");
  for (const text of ["AAF=", "AAE", "AAE=\n", "AA E=", "A===", "AA=E", "-_==", undefined]) assert.throws(() => fromBase64(text), EvidenceError);
  assert.deepEqual([...fromBase64Url("-_8")], [251, 255]);
  for (const text of ["+/8", "-_8=", "-_9"]) assert.throws(() => fromBase64Url(text), EvidenceError);
});

test("bytes that are no UTF-8 are refused, and a byte-order mark is not swallowed", () => {
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
  assert.throws(() => fromUtf8(Uint8Array.of(0xff)), EvidenceError);
  assert.throws(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), EvidenceError);
});

test("numbers are written big-endian", () => {
  assert.equal(toHex(u32(11)), "0000000b");
  assert.equal(toHex(u64(2 ** 53 - 1)), "001fffffffffffff");
});

test("HMAC-SHA-256 is that of RFC 4231, test case 1", async () => {
  const [sum] = await hmacs(fromHex("0b".repeat(20), 20), [utf8("Hi There")]);
  assert.equal(toHex(sum), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
});
