/**
 * What an RFC 3161 time-stamp response says: which hash, when, how exactly. Nothing of it is verified here: the signature of
 * the authority and its certificates are checked by the offline verifier. The few forms of DER (X.690) that RFC 3161 section
 * 2.4.2 uses are read by hand; anything else is "not readable here", never "altered".
 */
import { EvidenceError, toHex } from "./bytes.js";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTETS = 0x04;
const OID = 0x06;
const SET = 0x31;
const TIME = 0x18;
const EXPLICIT = 0xa0;
const MILLIS = 0x80;
const SHA256 = "608648016503040201";
const GRANTED = 1; // 0 granted, 1 granted with modifications (RFC 3161 section 2.4.2)
const DEFAULT_ACCURACY = 1000;

/** @typedef {{imprint: string, at: number, accuracy: number}} Token  imprint: hex; at: ms since 1970, UTC; accuracy: ms */

/** @param {Uint8Array} data  the bytes of a .tsr file @returns {Token} Throws EvidenceError where it cannot be read. */
export function readToken(data) {
  const response = new Der(data).enter(SEQUENCE);
  const status = response.enter(SEQUENCE).number();
  if (status > GRANTED) throw new EvidenceError("the authority refused");
  const signed = response.enter(SEQUENCE).skip(OID).enter(EXPLICIT).enter(SEQUENCE);
  const content = signed.skip(INTEGER).skip(SET).enter(SEQUENCE).skip(OID).enter(EXPLICIT).take(OCTETS);
  const info = new Der(content).enter(SEQUENCE).skip(INTEGER).skip(OID);
  const imprint = info.enter(SEQUENCE);
  if (toHex(imprint.enter(SEQUENCE).take(OID)) !== SHA256) throw new EvidenceError("the time stamp is not over SHA-256");
  const hash = toHex(imprint.take(OCTETS));
  const at = timeOf(info.skip(INTEGER).take(TIME));
  return { imprint: hash, at, accuracy: info.next === SEQUENCE ? accuracyOf(info.enter(SEQUENCE)) : DEFAULT_ACCURACY };
}

/** @param {Der} fields */
function accuracyOf(fields) {
  const seconds = fields.next === INTEGER ? fields.number() : 0;
  const millis = fields.next === MILLIS ? fields.number(MILLIS) : 0;
  return 1000 * seconds + millis + (fields.next === undefined ? 0 : 1); // microseconds: rounded up
}

/** @param {Uint8Array} text  GeneralizedTime in UTC, fractions allowed */
function timeOf(text) {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/.exec(String.fromCharCode(...text));
  if (!parts) throw new EvidenceError("a time in a form that is not read here");
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number((parts[7] ?? "0").padEnd(3, "0").slice(0, 3));
}

/** A place in DER bytes that moves on with each value read. */
class Der {
  #at = 0;

  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
  }

  /** The tag of the value that comes, undefined at the end. */
  get next() {
    return this.data[this.#at];
  }

  /** @param {number} tag @returns {Uint8Array} the content of the next value */
  take(tag) {
    if (this.next !== tag) throw new EvidenceError("a time stamp in a form that is not read here");
    const [size, start] = this.#length();
    if (start + size > this.data.length) throw new EvidenceError("a time stamp that ends too early");
    this.#at = start + size;
    return this.data.subarray(start, start + size);
  }

  /** @param {number} tag */
  enter(tag) {
    return new Der(this.take(tag));
  }

  /** @param {number} tag */
  skip(tag) {
    this.take(tag);
    return this;
  }

  /** @param {number} [tag] @returns {number} */
  number(tag = INTEGER) {
    const data = this.take(tag);
    if (!data.length || data.length > 6 || data[0] >= 0x80) throw new EvidenceError("a number that is not read here");
    return data.reduce((value, byte) => 256 * value + byte, 0);
  }

  /** @returns {[number, number]} the size of the content and where it starts */
  #length() {
    const first = this.data[this.#at + 1];
    if (first < 0x80) return [first, this.#at + 2];
    const count = first - 0x80;
    const bytes = this.data.subarray(this.#at + 2, this.#at + 2 + count);
    if (!count || count > 4 || bytes.length !== count) throw new EvidenceError("a length that is not read here");
    return [bytes.reduce((value, byte) => 256 * value + byte, 0), this.#at + 2 + count];
  }
}
