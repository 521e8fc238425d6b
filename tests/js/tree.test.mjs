import assert from "node:assert/strict";
import { test } from "node:test";
import { Log, signerNamed, vectors } from "./evidence.mjs";
import { EvidenceError, fromHex, toHex } from "../../static/js/evidence/bytes.js";
import { emptyRoot, GrowingTree, leafHash, nodeHash, verifyConsistency, verifyInclusion } from "../../static/js/evidence/tree.js";

const PUBLISHED = vectors("rfc6962_published");
const hash = (text) => fromHex(text, 32);
const leaves = await Promise.all(PUBLISHED.leaves_hex.map((text) => leafHash(fromHex(text, text.length / 2))));
const bare = (text) => Uint8Array.from(Buffer.from(text, "hex"));

/** Each published proof with what `must_reject` asks for, by its name. */
const BAD_INCLUSION = {
  "index-1": (claim) => ({ ...claim, index: claim.index - 1 }),
  "index+1": (claim) => ({ ...claim, index: claim.index + 1 }),
  "index XOR 2": (claim) => ({ ...claim, index: claim.index ^ 2 }),
  "size*2": (claim) => ({ ...claim, size: claim.size * 2 }),
  "size//2": (claim) => ({ ...claim, size: Math.floor(claim.size / 2) }),
  "wrong leaf hash": (claim) => ({ ...claim, leaf: hash("5a".repeat(32)) }),
  "empty-tree root": (claim) => ({ ...claim, root: hash(PUBLISHED.empty_root) }),
  "random root": (claim) => ({ ...claim, root: hash("3c".repeat(32)) }),
  "trailing empty element": (claim) => ({ ...claim, proof: [...claim.proof, bare("")] }),
  "trailing root": (claim) => ({ ...claim, proof: [...claim.proof, claim.root] }),
  "preceding empty element": (claim) => ({ ...claim, proof: [bare(""), ...claim.proof] }),
  "preceding root": (claim) => ({ ...claim, proof: [claim.root, ...claim.proof] }),
  "bit 3 flipped in any element": (claim) => claim.proof.map((_, at) => ({ ...claim, proof: flippedAt(claim.proof, at, 8) })),
  "last element removed": (claim) => (claim.proof.length ? { ...claim, proof: claim.proof.slice(0, -1) } : []),
  "element inserted": (claim) => claim.proof.map((_, at) => ({ ...claim, proof: [...claim.proof.slice(0, at), claim.root, ...claim.proof.slice(at)] })),
  "index>=size": (claim) => ({ ...claim, index: claim.size }),
  "size 0": (claim) => ({ ...claim, index: 0, size: 0 }),
};

const BAD_CONSISTENCY = {
  "size1-1": (claim) => (claim.oldSize > 1 ? { ...claim, oldSize: claim.oldSize - 1 } : []),
  "size1+1": (claim) => ({ ...claim, oldSize: claim.oldSize + 1 }),
  "size1 XOR 2": (claim) => ({ ...claim, oldSize: claim.oldSize ^ 2 }),
  "size2*2": (claim) => ({ ...claim, newSize: claim.newSize * 2 }),
  "size2//2": (claim) => ({ ...claim, newSize: Math.floor(claim.newSize / 2) }),
  "wrong root1": (claim) => ({ ...claim, oldRoot: hash("5a".repeat(32)) }),
  "wrong root2": (claim) => ({ ...claim, newRoot: hash("5a".repeat(32)) }),
  "swapped roots": (claim) => (claim.oldSize === claim.newSize ? [] : { ...claim, oldRoot: claim.newRoot, newRoot: claim.oldRoot }),
  "empty proof when size1<size2 and size1>0": (claim) => (claim.oldSize < claim.newSize ? { ...claim, proof: [] } : []),
  "trailing element": (claim) => ({ ...claim, proof: [...claim.proof, claim.newRoot] }),
  "preceding element": (claim) => ({ ...claim, proof: [claim.newRoot, ...claim.proof] }),
  "last element removed": (claim) => (claim.proof.length ? { ...claim, proof: claim.proof.slice(0, -1) } : []),
  "bit 4 flipped in any element": (claim) => claim.proof.map((_, at) => ({ ...claim, proof: flippedAt(claim.proof, at, 16) })),
  "size1>size2": (claim) => (claim.oldSize < claim.newSize ? { ...claim, oldSize: claim.newSize, newSize: claim.oldSize } : []),
  "equal sizes with different roots": (claim) => ({ ...claim, oldSize: claim.newSize, oldRoot: hash("11".repeat(32)), proof: [] }),
  "equal sizes with non-empty proof": (claim) => ({ ...claim, oldSize: claim.newSize, oldRoot: claim.newRoot, proof: [claim.newRoot] }),
};

function flippedAt(proof, at, bit) {
  const copy = proof.map((each) => Uint8Array.from(each));
  copy[at][0] ^= bit;
  return copy;
}

const inclusions = PUBLISHED.inclusion.map(({ index, size, proof, root }) => ({ index, size, leaf: leaves[index], proof: proof.map(hash), root: hash(root) }));
const consistencies = PUBLISHED.consistency.map(({ size1, size2, root1, root2, proof }) => (
  { oldSize: size1, newSize: size2, oldRoot: hash(root1), newRoot: hash(root2), proof: proof.map(hash) }));

test("leaf hashes and the root of every size are the published ones", async () => {
  assert.deepEqual(leaves.map(toHex), PUBLISHED.leaf_hashes);
  assert.equal(toHex(await emptyRoot()), PUBLISHED.roots_by_size[0]);
  const tree = new GrowingTree();
  for (const [index, leaf] of leaves.entries()) {
    await tree.append(leaf);
    assert.equal(toHex(await tree.root()), PUBLISHED.roots_by_size[index + 1]);
  }
});

test("the published proofs are accepted", async () => {
  for (const claim of inclusions) await verifyInclusion(claim);
  for (const claim of consistencies) await verifyConsistency(claim);
});

for (const [name, spoil] of Object.entries(BAD_INCLUSION)) {
  test(`an inclusion proof is refused: ${name}`, async () => {
    assert.ok(PUBLISHED.must_reject.inclusion.includes(name));
    const spoilt = inclusions.flatMap(spoil);
    assert.ok(spoilt.length > 0);
    for (const claim of spoilt) await assert.rejects(verifyInclusion(claim), EvidenceError);
  });
}

for (const [name, spoil] of Object.entries(BAD_CONSISTENCY)) {
  test(`a consistency proof is refused: ${name}`, async () => {
    assert.ok(PUBLISHED.must_reject.consistency.includes(name));
    const spoilt = consistencies.flatMap(spoil);
    assert.ok(spoilt.length > 0);
    for (const claim of spoilt) await assert.rejects(verifyConsistency(claim), EvidenceError);
  });
}

test("no published corruption was forgotten", () => {
  assert.deepEqual(Object.keys(BAD_INCLUSION), PUBLISHED.must_reject.inclusion);
  assert.deepEqual(Object.keys(BAD_CONSISTENCY), PUBLISHED.must_reject.consistency);
});

test("the empty tree is the beginning of every tree, without a proof and with no other root", async () => {
  const [oldRoot, newRoot] = [await emptyRoot(), hash(PUBLISHED.roots_by_size[8])];
  await verifyConsistency({ oldSize: 0, newSize: 8, oldRoot, newRoot, proof: [] });
  await assert.rejects(verifyConsistency({ oldSize: 0, newSize: 8, oldRoot: newRoot, newRoot, proof: [] }), EvidenceError);
  await assert.rejects(verifyConsistency({ oldSize: 0, newSize: 8, oldRoot, newRoot, proof: [newRoot] }), EvidenceError);
});

test("every leaf and every pair of sizes of a growing log is proven, and no leaf at its neighbour's place", async () => {
  const log = await new Log(await signerNamed("log")).grow(...Array.from({ length: 21 }, (_, index) => `leaf ${index}`));
  for (let size = 1; size <= 21; size += 1) {
    const root = await log.root(0, size);
    for (let index = 0; index < size; index += 1) {
      const claim = { index, size, leaf: log.leaves[index], proof: await log.inclusion(index, 0, size), root };
      await verifyInclusion(claim);
      await assert.rejects(verifyInclusion({ ...claim, leaf: log.leaves[(index + 1) % 21] }), EvidenceError);
    }
    for (let old = 0; old <= size; old += 1) {
      await verifyConsistency({ oldSize: old, newSize: size, oldRoot: await log.root(0, old), newRoot: root, proof: await log.consistency(old, size) });
    }
  }
});

test("a tree beyond 2^32 leaves is proven as any other", async () => {
  const [leaf, left] = [hash("aa".repeat(32)), hash("bb".repeat(32))];
  const size = 2 ** 33 + 1;
  await verifyInclusion({ index: size - 1, size, leaf, proof: [left], root: await nodeHash(left, leaf) });
  await assert.rejects(verifyInclusion({ index: 0, size, leaf, proof: [left], root: await nodeHash(left, leaf) }), EvidenceError);
});
