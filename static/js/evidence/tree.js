/**
 * The Merkle tree of RFC 6962 section 2.1 and its proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2). Sizes and indexes are
 * JavaScript integers up to 2^53-1, so nothing here uses the bit operators, which stop at 32 bits.
 */
import { concat, EvidenceError, same, sha256 } from "./bytes.js";

export const HASH_SIZE = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} data */
export function leafHash(data) {
  return sha256(concat(LEAF, data));
}

/** @param {Uint8Array} left @param {Uint8Array} right */
export function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

export function emptyRoot() {
  return sha256(new Uint8Array());
}

/** A tree that grows leaf by leaf and holds no more than the complete subtrees at its right edge. */
export class GrowingTree {
  size = 0;
  /** Complete subtrees, the largest first: one for each bit of the size. @type {{width: number, hash: Uint8Array}[]} */
  #edge = [];

  /** @param {Uint8Array} leaf  a leaf hash */
  async append(leaf) {
    let [width, hash] = [1, leaf];
    for (let last = this.#edge.at(-1); last?.width === width; last = this.#edge.at(-1)) {
      this.#edge.pop();
      hash = await nodeHash(last.hash, hash);
      width *= 2;
    }
    this.#edge.push({ width, hash });
    this.size += 1;
  }

  async root() {
    let running = this.#edge.at(-1)?.hash;
    if (running === undefined) return emptyRoot();
    for (const { hash } of this.#edge.slice(0, -1).reverse()) running = await nodeHash(hash, running);
    return running;
  }
}

/**
 * Check that a leaf hash stands at `index` of the tree with this size and root.
 * @param {{index: number, size: number, leaf: Uint8Array, proof: Uint8Array[], root: Uint8Array}} claim
 * Throws EvidenceError where the proof does not show it.
 */
export async function verifyInclusion({ index, size, leaf, proof, root }) {
  checkHashes(leaf, root, ...proof);
  checkSizes(index, size);
  if (index >= size) throw new EvidenceError("the index is outside the tree");
  let [position, last, running] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) throw new EvidenceError("the inclusion proof is too long");
    if (odd(position) || position === last) {
      running = await nodeHash(sibling, running);
      [position, last] = upToOdd(position, last);
    } else running = await nodeHash(running, sibling);
    [position, last] = [half(position), half(last)];
  }
  if (last !== 0) throw new EvidenceError("the inclusion proof is too short");
  if (!same(running, root)) throw new EvidenceError("the inclusion proof leads to another root");
}

/**
 * Check that the old tree is the beginning of the new one. The empty tree is the beginning of every tree, without a proof.
 * @param {{oldSize: number, newSize: number, oldRoot: Uint8Array, newRoot: Uint8Array, proof: Uint8Array[]}} claim
 * Throws EvidenceError where the proof does not show it.
 */
export async function verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof }) {
  checkHashes(oldRoot, newRoot, ...proof);
  checkSizes(oldSize, newSize);
  if (oldSize > newSize) throw new EvidenceError("the old tree is not the smaller one");
  const empty = await emptyRoot();
  if ((oldSize === 0 && !same(oldRoot, empty)) || (newSize === 0 && !same(newRoot, empty))) {
    throw new EvidenceError("an empty tree has another root");
  }
  if (oldSize !== 0 && oldSize !== newSize) {
    const [before, after] = await consistentRoots(oldSize, newSize, oldRoot, proof);
    if (!same(before, oldRoot) || !same(after, newRoot)) throw new EvidenceError("the consistency proof leads to other roots");
  } else if (proof.length) throw new EvidenceError("the consistency proof is too long");
  else if (oldSize === newSize && !same(oldRoot, newRoot)) throw new EvidenceError("two roots for the same size");
}

/** @param {number} oldSize @param {number} newSize @param {Uint8Array} oldRoot @param {Uint8Array[]} proof */
async function consistentRoots(oldSize, newSize, oldRoot, proof) {
  // An old tree that is itself a complete subtree of the new one is left out of the proof.
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : proof;
  if (!path.length) throw new EvidenceError("the consistency proof is too short");
  let [position, last] = [oldSize - 1, newSize - 1];
  while (odd(position)) [position, last] = [half(position), half(last)];
  let [before, after] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (last === 0) throw new EvidenceError("the consistency proof is too long");
    if (odd(position) || position === last) {
      [before, after] = await Promise.all([nodeHash(sibling, before), nodeHash(sibling, after)]);
      [position, last] = upToOdd(position, last);
    } else after = await nodeHash(after, sibling);
    [position, last] = [half(position), half(last)];
  }
  if (last !== 0) throw new EvidenceError("the consistency proof is too short");
  return [before, after];
}

/** @param {number} position @param {number} last */
function upToOdd(position, last) {
  while (!odd(position) && position !== 0) [position, last] = [half(position), half(last)];
  return [position, last];
}

/** @param {number} value */
function odd(value) {
  return value % 2 === 1;
}

/** @param {number} value */
function half(value) {
  return Math.floor(value / 2);
}

/** @param {...number} sizes */
function checkSizes(...sizes) {
  if (sizes.some((size) => !Number.isSafeInteger(size) || size < 0)) throw new EvidenceError("not the size of a tree");
}

/** @param {...Uint8Array} hashes */
function checkHashes(...hashes) {
  if (hashes.some((hash) => hash.length !== HASH_SIZE)) throw new EvidenceError("a hash has the wrong length");
}
