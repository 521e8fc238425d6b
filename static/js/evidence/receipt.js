/**
 * Receipts: the C2SP tlog-proof text that shows one entry in its room's tree (docs/evidence.md §4): a header, the index, the
 * path (the leaf's sibling first), an empty line, and the signed checkpoint. The format's `extra` line is authenticated by
 * nothing, so ours never has one and one is refused.
 */
import { EvidenceError, fromBase64 } from "./bytes.js";
import { openCheckpoint, parseCheckpoint, parseDecimal, textOfNote } from "./note.js";
import { HASH_SIZE, verifyInclusion } from "./tree.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const INDEX = "index ";
const LONGEST_PATH = 63;

/** @typedef {{index: number, path: Uint8Array[], note: string}} Receipt */
/** @typedef {import("./note.js").Checkpoint} Checkpoint */

/** @param {string} text */
export function looksLikeReceipt(text) {
  return text.startsWith(`${HEADER}\n`);
}

/** @param {string} text @returns {Receipt} Nothing of it is verified yet. Throws EvidenceError for anything but the format. */
export function parseReceipt(text) {
  const divide = text.indexOf("\n\n");
  const [header, index, ...path] = text.slice(0, Math.max(divide, 0)).split("\n");
  if (divide < 0 || header !== HEADER || !index?.startsWith(INDEX)) throw new EvidenceError("not a tlog-proof of version 1");
  if (path.length > LONGEST_PATH) throw new EvidenceError("the path is longer than any tree is high");
  const hashes = path.map(fromBase64);
  if (hashes.some((hash) => hash.length !== HASH_SIZE)) throw new EvidenceError("a hash of the path has the wrong length");
  return { index: parseDecimal(index.slice(INDEX.length)), path: hashes, note: text.slice(divide + 2) };
}

/** What a receipt says of its log, unverified. @param {string} text @returns {Checkpoint & {index: number}} Throws EvidenceError. */
export function saidBy(text) {
  const { index, note } = parseReceipt(text);
  return { ...parseCheckpoint(textOfNote(note)), index };
}

/**
 * Check that the entry with this leaf hash is in the tree that the log of `verifier` signed.
 * @param {string} text @param {Uint8Array} leaf @param {import("./note.js").Verifier} verifier
 * @returns {Promise<Checkpoint & {index: number}>} Throws EvidenceError, CannotVerify.
 */
export async function verifyReceipt(text, leaf, verifier) {
  const { index, path, note } = parseReceipt(text);
  const checkpoint = await openCheckpoint(note, verifier);
  await verifyInclusion({ index, size: checkpoint.size, leaf, proof: path, root: checkpoint.root });
  return { ...checkpoint, index };
}

/** The case and the space that an origin names, as docs/evidence.md §1 writes them. @param {string} origin */
export function placeOf(origin) {
  const parts = /^(?<host>[^/]+)\/c\/(?<case>[0-9a-f]{32})(?:\/s\/(?<space>0|[1-9][0-9]*))?$/.exec(origin)?.groups;
  if (!parts) throw new EvidenceError("not the origin of a log of a case");
  return { host: parts.host, case: parts.case, space: parts.space === undefined ? null : Number(parts.space) };
}
