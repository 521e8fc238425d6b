/**
 * Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint, Ed25519 type 0x01; docs/evidence.md §4): a text ending
 * in a newline, an empty line, and signature lines. A checkpoint's text is origin, size and root, a line each.
 */
import { concat, EvidenceError, fromBase64, fromUtf8, sha256, toBase64, toHex, utf8 } from "./bytes.js";
import { HASH_SIZE } from "./tree.js";

/** This browser cannot verify Ed25519 signatures: nothing is wrong with the note, and nothing is shown by it either. */
export class CannotVerify extends Error {}

/** A well-formed note that none of the known keys signed. */
export class Unsigned extends EvidenceError {}

/** @typedef {{name: string, id: string, key: Uint8Array}} Verifier  id: 8 hex; key: 32 bytes */
/** @typedef {{origin: string, size: number, root: Uint8Array}} Checkpoint */

const ED25519 = 1;
const KEY_SIZE = 32;
const ID_SIZE = 4;
const MARK = "\u2014 ";
const MOST_SIGNATURES = 100;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SPACE = /[\s\u0085\u001c-\u001f]/u;
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;

/**
 * Whether Ed25519 is there: Chrome and Edge have it from version 137, Firefox from 129, Safari from 17.
 * @returns {Promise<boolean>}
 */
export async function canVerify() {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(KEY_SIZE), { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name @param {Uint8Array} key @returns {Promise<string>} the first 4 bytes of SHA-256(name 0x0A 0x01 key), hex */
export async function keyId(name, key) {
  return toHex((await sha256(concat(utf8(`${name}\n`), Uint8Array.of(ED25519), key))).slice(0, ID_SIZE));
}

/** @param {string} name @param {Uint8Array} key */
export async function formatVkey(name, key) {
  checkName(name);
  return `${name}+${await keyId(name, key)}+${toBase64(concat(Uint8Array.of(ED25519), key))}`;
}

/** @param {unknown} text  `name+id+base64` @returns {Promise<Verifier>} Throws EvidenceError. */
export async function parseVkey(text) {
  const parts = typeof text === "string" ? /^([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)$/.exec(text) : null;
  if (!parts) throw new EvidenceError("not a verifier key");
  const [, name, id, encoded] = parts;
  checkName(name);
  const data = fromBase64(encoded);
  if (data[0] !== ED25519 || data.length !== KEY_SIZE + 1) throw new EvidenceError("not an Ed25519 verifier key");
  const key = data.slice(1);
  if ((await keyId(name, key)) !== id) throw new EvidenceError("the key id is not that of name and key");
  return { name, id, key };
}

/**
 * Split a note and verify it. Signatures of unknown keys prove nothing and are counted only.
 * @param {Uint8Array|string} note @param {Verifier[]} verifiers
 * @returns {Promise<{text: string, verified: string[], unknown: number}>} `verified`: name+id of each key that signed.
 * Throws EvidenceError (malformed, or a known key's signature is not its own), Unsigned, CannotVerify.
 */
export async function openNote(note, verifiers) {
  const { text, lines } = splitNote(typeof note === "string" ? note : fromUtf8(note));
  const known = new Map(verifiers.map((verifier) => [`${verifier.name}+${verifier.id}`, verifier]));
  if (known.size !== verifiers.length) throw new EvidenceError("two known keys share a name and an id");
  const verified = new Set();
  let unknown = 0;
  for (const line of lines) {
    const { name, id, signature } = parseSignature(line);
    const identity = `${name}+${id}`;
    const verifier = known.get(identity);
    if (!verifier) unknown += 1;
    else if (!verified.has(identity)) {
      if (!(await signed(verifier.key, signature, utf8(text)))) throw new EvidenceError(`invalid signature of ${name}`);
      verified.add(identity);
    }
  }
  if (!verified.size) throw new Unsigned("no verifiable signature");
  return { text, verified: [...verified], unknown };
}

/** @param {string} text  the text of a note: exactly origin, size and root @returns {Checkpoint} Throws EvidenceError. */
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] !== "") throw new EvidenceError("a checkpoint has three lines");
  const [origin, size, encoded] = lines;
  checkName(origin);
  const root = fromBase64(encoded);
  if (root.length !== HASH_SIZE) throw new EvidenceError("a root has 32 bytes");
  return { origin, size: parseDecimal(size), root };
}

/**
 * A checkpoint that its own log signed: the key's name is its origin.
 * @param {Uint8Array|string} note @param {Verifier} verifier @param {Verifier[]} [others]  further keys that must all have signed
 * @returns {Promise<Checkpoint>} Throws EvidenceError, Unsigned, CannotVerify.
 */
export async function openCheckpoint(note, verifier, others = []) {
  const { text, verified } = await openNote(note, [verifier, ...others]);
  if (verified.length !== others.length + 1) throw new Unsigned("a key that must have signed has not");
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== verifier.name) throw new EvidenceError("the checkpoint is of another log");
  return checkpoint;
}

/** The text of a note without verifying it: what it says, not what it proves. @param {string} note */
export function textOfNote(note) {
  return splitNote(note).text;
}

/** @param {string} note @returns {{name: string, id: string}[]} who claims to have signed */
export function signersOf(note) {
  return splitNote(note).lines.map(parseSignature).map(({ name, id }) => ({ name, id }));
}

/** @param {string} text @returns {number} Throws EvidenceError for what is not the only form of a size this page can count to. */
export function parseDecimal(text) {
  const value = Number(text);
  if (!DECIMAL.test(text) || !Number.isSafeInteger(value)) throw new EvidenceError("not a decimal number in its only form");
  return value;
}

/** @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} data */
async function signed(key, signature, data) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", /** @type {BufferSource} */ (key), { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (!(await canVerify())) throw new CannotVerify(String(error));
    return false; // some browsers refuse at import what is no point of the curve
  }
  const [sealed, text] = [/** @type {BufferSource} */ (signature), /** @type {BufferSource} */ (data)];
  return crypto.subtle.verify({ name: "Ed25519" }, imported, sealed, text);
}

/** The last empty line divides text and signatures. @param {string} whole */
function splitNote(whole) {
  const divide = whole.lastIndexOf("\n\n");
  if (divide < 0 || !whole.endsWith("\n")) throw new EvidenceError("a note is a text, an empty line and signature lines");
  const text = whole.slice(0, divide + 1);
  if (CONTROL.test(text)) throw new EvidenceError("a note's text has no control character but the newline");
  const lines = whole.slice(divide + 2).split("\n").slice(0, -1);
  if (!lines.length || lines.length > MOST_SIGNATURES) throw new EvidenceError("a note has from 1 to 100 signatures");
  return { text, lines };
}

/** @param {string} line */
function parseSignature(line) {
  const space = line.indexOf(" ", MARK.length);
  if (!line.startsWith(MARK) || space < 0) throw new EvidenceError("not a signature line");
  const name = line.slice(MARK.length, space);
  checkName(name);
  const data = fromBase64(line.slice(space + 1));
  if (data.length <= ID_SIZE) throw new EvidenceError("a signature line without a signature");
  return { name, id: toHex(data.slice(0, ID_SIZE)), signature: data.slice(ID_SIZE) };
}

/** @param {string} name */
function checkName(name) {
  if (!name || name.includes("+") || SPACE.test(name) || CONTROL.test(name)) {
    throw new EvidenceError("a key name has no space, plus sign or control character");
  }
}
