/**
 * What somebody drops to have it checked on their own device: packs, the proof of one exhibit, text receipts; or the code of
 * a printed receipt, which stands in the address after "#" and is therefore never sent.
 */
import { EvidenceError, fromBase64Url, fromHex, fromUtf8, sha256, toBase64, toHex } from "./bytes.js";
import { objectOf } from "./canonical.js";
import { formatVkey, openCheckpoint, parseVkey } from "./note.js";
import { looksLikeReceipt, parseReceipt, placeOf, saidBy, verifyReceipt } from "./receipt.js";

const ZIP = "504b";
const AGE = "age-encryption.org/v1";
const LARGEST_TEXT = 64 * 1024; // bytes
const LONGEST_CODE = 8 * 1024; // characters

/** @typedef {"zip"|"age"|"receipt"|"other"} Sort */
/** @typedef {import("./pack/verify.js").Members} Members */
/** @typedef {import("./pack/verify.js").Space} Space */
/** @typedef {{case: string, space: number, index: number, size: number, host: string, proven: "entry"|"signature"|"nothing"}} Shown
 *   entry: this very entry is in the signed register; signature: signed, without saying for which entry */

/** @param {Blob} file @returns {Promise<Sort>} by its first bytes: names mean nothing */
export async function sortOf(file) {
  const first = new Uint8Array(await file.slice(0, AGE.length).arrayBuffer());
  const text = String.fromCharCode(...first);
  if (toHex(first.subarray(0, 2)) === ZIP) return "zip";
  if (text === AGE) return "age";
  return file.size <= LARGEST_TEXT && looksLikeReceipt(await file.text()) ? "receipt" : "other";
}

/**
 * A text receipt, which holds neither the entry nor the key: both come from a pack that was checked, or at least the key from
 * what this browser keeps of the case.
 * @param {string} text @param {{members: Members, spaces: Map<number, Space>}[]} packs  checked, without findings
 * @param {(id: string) => Promise<{vkey: string}|null>} keptOf
 * @returns {Promise<Shown>} Throws EvidenceError where it does not hold.
 */
export async function checkReceipt(text, packs, keptOf) {
  const said = saidBy(text);
  const { host, case: id, space } = placeOf(said.origin);
  if (space === null) throw new EvidenceError("a receipt is for an entry of a room");
  const shown = { case: id, space, index: said.index, size: said.size, host };
  for (const { members, spaces } of packs) {
    const room = members.manifest.case === id ? spaces.get(space) : undefined;
    if (!room || !(said.index in room.leaves)) continue;
    await verifyReceipt(text, fromHex(room.leaves[said.index], 32), await parseVkey(members.line(`${room.folder}vkey`)));
    return { ...shown, proven: "entry" };
  }
  const kept = await keptOf(id);
  if (!kept) return { ...shown, proven: "nothing" };
  const { name, key } = await parseVkey(kept.vkey);
  await openCheckpoint(parseReceipt(text).note, await parseVkey(await formatVkey(`${name}/s/${space}`, key)));
  return { ...shown, proven: "signature" };
}

/**
 * The code of a printed receipt: base64url of the raw deflate of `{"leaf","receipt","vkey"}`.
 * @param {string} hash  location.hash @returns {Promise<{leaf: Uint8Array, receipt: string, vkey: string}|null>} null where there is none.
 * Throws EvidenceError where it cannot be read.
 */
export async function codeIn(hash) {
  const code = new URLSearchParams(hash.replace(/^#/, "")).get("r");
  if (code === null) return null;
  if (code.length > LONGEST_CODE) throw new EvidenceError("too long for a code");
  let value;
  try {
    value = JSON.parse(fromUtf8(await inflated(fromBase64Url(code))));
  } catch (error) {
    throw error instanceof EvidenceError ? error : new EvidenceError("not a code of a receipt");
  }
  const { leaf, receipt, vkey } = objectOf(value, ["leaf", "receipt", "vkey"]);
  if (typeof receipt !== "string" || typeof vkey !== "string") throw new EvidenceError("not a code of a receipt");
  return { leaf: fromHex(leaf, 32), receipt, vkey };
}

/**
 * @param {{leaf: Uint8Array, receipt: string, vkey: string}} code
 * @returns {Promise<Shown & {fingerprint: string, leaf: string, root: string}>} fingerprint: SHA-256 (hex) of the key; leaf (hex)
 *   and root (base64) as the paper has them: only its reader can tell whether its words belong to the code. Throws EvidenceError.
 */
export async function checkCode({ leaf, receipt, vkey }) {
  const verifier = await parseVkey(vkey);
  const { origin, index, size, root } = await verifyReceipt(receipt, leaf, verifier);
  const { host, case: id, space } = placeOf(origin);
  if (space === null) throw new EvidenceError("a receipt is for an entry of a room");
  const printed = { leaf: toHex(leaf), root: toBase64(root) };
  return { case: id, space, index, size, host, proven: "entry", fingerprint: await fingerprintOf(vkey), ...printed };
}

/** @param {string} vkey @returns {Promise<string>} SHA-256 (hex) of the 32 bytes of the key */
export async function fingerprintOf(vkey) {
  return toHex(await sha256((await parseVkey(vkey)).key));
}

/** @param {Uint8Array} data @returns {Promise<Uint8Array>} Throws EvidenceError where it is no raw deflate, or unfolds to more than a receipt. */
async function inflated(data) {
  const reader = new Blob([/** @type {BlobPart} */ (data)]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  let size = 0;
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      parts.push(value);
      size += value.length;
      if (size > LARGEST_TEXT) throw new EvidenceError("unfolds to more than a receipt");
    }
  } catch (error) {
    throw error instanceof EvidenceError ? error : new EvidenceError("not a code of a receipt");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
