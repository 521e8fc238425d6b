/** What the tests of the evidence share: the vectors, the golden pack as a zip, keys, and logs that sign. */
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { concat, sha256, toBase64, toHex, utf8 } from "../../static/js/evidence/bytes.js";
import { canonical } from "../../static/js/evidence/canonical.js";
import { formatVkey, keyId } from "../../static/js/evidence/note.js";
import { emptyRoot, leafHash, nodeHash } from "../../static/js/evidence/tree.js";

globalThis.crypto ??= webcrypto; // Node.js before 20 has it under another name

/** The very file that pages load. */
export const zip = await import("@zip.js/zip.js/dist/zip-core-external.min.js");

/** @param {string} name */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf-8"));
}

/** A key pair that signs notes. */
export async function signerNamed(name) {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  return signerOf(name, pair);
}

/** @param {string} seed  32 bytes, hex */
export async function signerFromSeed(name, seed) {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "hex")]);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("raw", Buffer.from(x, "base64url"), { name: "Ed25519" }, true, ["verify"]);
  return signerOf(name, { privateKey, publicKey });
}

async function signerOf(name, { privateKey, publicKey }) {
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  return { name, privateKey, publicKey, vkey: await formatVkey(name, key), id: await keyId(name, key), pair: { privateKey, publicKey } };
}

/** The same key under another name. */
export function renamed(signer, name) {
  return signerOf(name, signer.pair);
}

/** @param {string} text @param {...any} signers */
export async function signNote(text, ...signers) {
  const lines = [];
  for (const { name, id, privateKey } of signers) {
    const signature = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, privateKey, utf8(text)));
    lines.push(`\u2014 ${name} ${toBase64(concat(Buffer.from(id, "hex"), signature))}\n`);
  }
  return `${text}\n${lines.join("")}`;
}

/** A log held whole, with the proofs that a server gives (RFC 6962 section 2.1): the stand-in of a server's case log. */
export class Log {
  leaves = [];

  constructor(signer) {
    this.signer = signer;
  }

  async grow(...texts) {
    for (const text of texts) this.leaves.push(await leafHash(utf8(text)));
    return this;
  }

  /** The same past, another future. */
  fork(size = this.leaves.length) {
    const log = new Log(this.signer);
    log.leaves = this.leaves.slice(0, size);
    return log;
  }

  root(from = 0, to = this.leaves.length) {
    if (to === 0) return emptyRoot();
    return this.#range(from, to);
  }

  async #range(from, to) {
    if (to - from === 1) return this.leaves[from];
    const middle = from + split(to - from);
    return nodeHash(await this.#range(from, middle), await this.#range(middle, to));
  }

  /** RFC 6962 section 2.1.1. */
  async inclusion(index, from = 0, to = this.leaves.length) {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle
      ? [...(await this.inclusion(index, from, middle)), await this.#range(middle, to)]
      : [...(await this.inclusion(index, middle, to)), await this.#range(from, middle)];
  }

  /** RFC 6962 section 2.1.2. */
  async consistency(old, size = this.leaves.length) {
    return old === 0 || old === size ? [] : this.#subproof(old, 0, size, true);
  }

  async #subproof(old, from, to, whole) {
    if (old === to) return whole ? [] : [await this.#range(from, to)];
    const middle = from + split(to - from);
    return old <= middle
      ? [...(await this.#subproof(old, from, middle, whole)), await this.#range(middle, to)]
      : [...(await this.#subproof(old, middle, to, false)), await this.#range(from, middle)];
  }

  async note(size = this.leaves.length, ...signers) {
    const root = toBase64(await this.root(0, size));
    return signNote(`${this.signer.name}\n${size}\n${root}\n`, ...(signers.length ? signers : [this.signer]));
  }
}

function split(width) {
  return 2 ** Math.ceil(Math.log2(width) - 1);
}

/** The members of the golden pack (docs/evidence.md §9.1), without its manifest. @returns {Map<string, Uint8Array>} */
export function goldenMembers() {
  const { bundle } = vectors("construction_v1_A");
  const members = new Map([["README.txt", "A test pack.\n"], ["case/vkey", `${bundle.vkey}\n`], ["case/epochs.jsonl", lines(bundle.epochs)]]);
  for (const [n, note] of bundle.notes.entries()) members.set(`case/checkpoints/${String(n).padStart(6, "0")}.note`, note);
  for (const [slot, space] of Object.entries(bundle.spaces)) {
    members.set(`spaces/${slot}/vkey`, `${space.vkey}\n`);
    members.set(`spaces/${slot}/head.note`, space.head);
    members.set(`spaces/${slot}/events.jsonl`, lines(space.events));
    members.set(`spaces/${slot}/disclosures.jsonl`, lines(space.disclosures.map(canonical)));
    members.set(`spaces/${slot}/openings.jsonl`, lines(space.openings.map(canonical)));
  }
  return new Map([...members].map(([path, text]) => [path, utf8(text)]));
}

export const EXPORTER = "ca978112ca1bbdcafac231b39a23dc4d";

/** @param {Map<string, Uint8Array>} members @param {Record<string, any>} [changes] of the manifest */
export async function manifestOf(members, changes = {}) {
  const files = {};
  for (const [path, data] of members) files[path] = toHex(await sha256(data));
  const { bundle } = vectors("construction_v1_A");
  const manifest = { v: "caseroom/v1/pack", case: bundle.case, exporter: EXPORTER, at: "2026-11-22T12:00:00.000Z", files, ...changes };
  return utf8(`${canonical(manifest)}\n`);
}

/** @param {Map<string, Uint8Array>|[string, Uint8Array][]} members @returns {Promise<Blob>} */
export async function zipOf(members) {
  const writer = new zip.ZipWriter(new zip.BlobWriter("application/zip"), { level: 0, useWebWorkers: false });
  for (const [path, data] of members) await writer.add(path, new zip.Uint8ArrayReader(data));
  return writer.close();
}

/** A pack with a manifest of its own. @param {Map<string, Uint8Array>} members @param {Record<string, any>} [changes] */
export async function packOf(members, changes) {
  return zipOf([...members, ["manifest.json", await manifestOf(members, changes)]]);
}

export function lines(all) {
  return all.map((line) => `${line}\n`).join("");
}

/** @param {Uint8Array} data @param {number} at  bit */
export function flipped(data, at) {
  const copy = Uint8Array.from(data);
  copy[Math.floor(at / 8)] ^= 1 << at % 8;
  return copy;
}
