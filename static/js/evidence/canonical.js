/**
 * Canonical JSON and the ledger's two forms of time (RFC 8785 restricted by docs/evidence.md §1): objects, arrays, strings,
 * booleans and integers from 0 to 2^53-1. Reading is parsing, writing again, and comparing: what differs is refused, and so
 * are a member that stands twice, another order, another form of a number and spaces.
 */
import { EvidenceError, fromUtf8 } from "./bytes.js";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const DUE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** @param {unknown} value @returns {string} Throws EvidenceError for what canonical JSON may not hold. */
export function canonical(value) {
  try {
    return written(value);
  } catch (error) {
    if (error instanceof RangeError) throw new EvidenceError("nested too deeply");
    throw error;
  }
}

/** @param {Uint8Array|string} data @returns {any} Throws EvidenceError for anything but the canonical form of a value. */
export function parseCanonical(data) {
  const text = typeof data === "string" ? data : fromUtf8(data);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EvidenceError("not JSON");
  }
  if (canonical(value) !== text) throw new EvidenceError("not in canonical form");
  return value;
}

/**
 * An object with these members and no others.
 * @param {any} value @param {string[]} members @param {string[]} [optional]
 * @returns {Record<string, any>} Throws EvidenceError.
 */
export function objectOf(value, members, optional = []) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new EvidenceError("not an object");
  const names = Object.keys(value);
  const unknown = names.some((name) => !members.includes(name) && !optional.includes(name));
  if (unknown || members.some((name) => !Object.hasOwn(value, name))) throw new EvidenceError("not the members that belong here");
  return value;
}

/** @param {unknown} value @param {number} [limit]  first number that is too large @returns {number} Throws EvidenceError. */
export function numberOf(value, limit = 2 ** 53) {
  if (typeof value !== "number" || !(value < limit)) throw new EvidenceError("not a number of the ledger");
  return value;
}

/** @param {unknown} text  `YYYY-MM-DDTHH:MM:SS.mmmZ` @returns {number} milliseconds since 1970, UTC. Throws EvidenceError. */
export function instantOf(text) {
  if (typeof text !== "string" || !INSTANT.test(text)) throw new EvidenceError("not a time in the form of the ledger");
  const at = Date.parse(text);
  // The 30th of February is read as the 2nd of March: one instant has one form.
  if (Number.isNaN(at) || new Date(at).toISOString() !== text) throw new EvidenceError(`no such time: ${text}`);
  return at;
}

/** @param {unknown} text  `YYYY-MM-DDTHH:MM:SSZ` @returns {number} milliseconds since 1970, UTC. Throws EvidenceError. */
export function dueOf(text) {
  if (typeof text !== "string" || !DUE.test(text)) throw new EvidenceError("not a time in the form of the ledger");
  return instantOf(text.replace("Z", ".000Z"));
}

/** @param {any} value @returns {string} */
function written(value) {
  if (typeof value === "string") return writtenText(value);
  if (value === true || value === false) return String(value);
  if (typeof value === "number") return writtenNumber(value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value !== "object" || value === null) throw new EvidenceError("neither null nor other types are allowed");
  // The default order of strings is by UTF-16 code units, as RFC 8785 section 3.2.3 wants it.
  const members = Object.keys(value).sort().map((name) => `${writtenText(name)}:${written(value[name])}`);
  return `{${members.join(",")}}`;
}

/** @param {string} text */
function writtenText(text) {
  if (LONE_SURROGATE.test(text)) throw new EvidenceError("half a character");
  return JSON.stringify(text);
}

/** @param {number} value */
function writtenNumber(value) {
  if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) throw new EvidenceError("integer outside 0..2^53-1");
  return String(value);
}
