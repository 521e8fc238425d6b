/**
 * Bytes and their written forms, all strict: a form that is not the only one of its bytes is refused, because a changed
 * unused bit is a change (docs/evidence.md §1). Hashing is the browser's own (WebCrypto).
 */

/** Something of the evidence is not of its format, or does not hold. `check` is a name of docs/evidence.md §9.1 where known. */
export class EvidenceError extends Error {}

const TEXT = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));
const NIBBLE = new Map([..."0123456789abcdef"].map((digit, value) => [digit, value]));
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @param {string} text @returns {Uint8Array} UTF-8 */
export function utf8(text) {
  return TEXT.encode(text);
}

/** @param {Uint8Array} data @returns {string} Throws EvidenceError where the bytes are not UTF-8. */
export function fromUtf8(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new EvidenceError("not UTF-8");
  }
}

/** @param {Uint8Array} data @returns {string} lower case */
export function toHex(data) {
  let text = "";
  for (const byte of data) text += HEX[byte];
  return text;
}

/** @param {unknown} text @param {number} size  bytes @returns {Uint8Array} Throws EvidenceError for anything but lower-case hex of that size. */
export function fromHex(text, size) {
  if (typeof text !== "string" || text.length !== 2 * size) throw new EvidenceError(`not ${size} bytes of lower-case hex`);
  const data = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) {
    const [high, low] = [NIBBLE.get(text[2 * index]), NIBBLE.get(text[2 * index + 1])];
    if (high === undefined || low === undefined) throw new EvidenceError(`not ${size} bytes of lower-case hex`);
    data[index] = 16 * high + low;
  }
  return data;
}

/** @param {Uint8Array} data @returns {string} standard base64 (RFC 4648 section 4) with padding */
export function toBase64(data) {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** @param {unknown} text @returns {Uint8Array} Throws EvidenceError for anything but the text that toBase64 gives. */
export function fromBase64(text) {
  if (typeof text !== "string" || !BASE64.test(text)) throw new EvidenceError("not base64");
  const data = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (toBase64(data) !== text) throw new EvidenceError("not the only base64 form of its bytes");
  return data;
}

/** @param {string} text  base64url without padding (RFC 4648 section 5) @returns {Uint8Array} */
export function fromBase64Url(text) {
  if (/[+/=]/.test(text)) throw new EvidenceError("not base64url");
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
}

/** @param {...Uint8Array} parts */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} one @param {Uint8Array} other */
export function same(one, other) {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** @param {number} value  0 to 2^32-1 @returns {Uint8Array} 4 bytes, big-endian */
export function u32(value) {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value);
  return data;
}

/** @param {number} value  0 to 2^53-1 @returns {Uint8Array} 8 bytes, big-endian */
export function u64(value) {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value));
  return data;
}

/** @param {Uint8Array} data @returns {Promise<Uint8Array>} 32 bytes */
export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (data)));
}

/**
 * HMAC-SHA-256 (RFC 2104) under one key, for several messages.
 * @param {Uint8Array} secret @param {Uint8Array[]} messages @returns {Promise<Uint8Array[]>} 32 bytes each
 */
export async function hmacs(secret, messages) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", /** @type {BufferSource} */ (secret), algorithm, false, ["sign"]);
  return Promise.all(
    messages.map(async (message) => new Uint8Array(await crypto.subtle.sign("HMAC", key, /** @type {BufferSource} */ (message)))),
  );
}

/** Whether this page may hash at all: browsers give WebCrypto to secure contexts only (https, or this same machine). */
export function canHash() {
  return globalThis.crypto?.subtle !== undefined;
}
