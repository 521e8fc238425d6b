"""The Merkle tree: published roots and proofs, and no other proof of anything."""

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseroom.audit.tree import (
    EMPTY_ROOT,
    MemoryNodes,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    nodes_to_store,
    root,
    tree_path,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

SMALL = 17


def leaf_data(count: int) -> list[bytes]:
    return [f"leaf {index}".encode() for index in range(count)]


def grown(data: list[bytes]) -> MemoryNodes:
    nodes = MemoryNodes()
    for each in data:
        nodes.append(leaf_hash(each))
    return nodes


def unhex(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]


def flipped(hashed: bytes, bit: int) -> bytes:
    changed = bytearray(hashed)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def refused(verify: Callable[..., None], **arguments: Any) -> bool:
    try:
        verify(**arguments)
    except ProofError:
        return True
    return False


def test_the_published_leaves_have_their_published_hashes_and_roots(published_tree: Any) -> None:
    data = unhex(published_tree["leaves_hex"])
    assert unhex([published_tree["empty_root"]]) == [EMPTY_ROOT]
    assert [leaf_hash(each) for each in data] == unhex(published_tree["leaf_hashes"])
    nodes = grown(data)
    published = unhex(published_tree["roots_by_size"])
    assert [root(size, nodes) for size in range(9)] == published
    assert [tree_root(data[:size]) for size in range(9)] == published


def test_the_published_proofs_are_made_and_verified(published_tree: Any) -> None:
    data = unhex(published_tree["leaves_hex"])
    nodes = grown(data)
    for case in published_tree["inclusion"]:
        index, size, proof = case["index"], case["size"], unhex(case["proof"])
        assert inclusion_proof(index, size, nodes) == proof
        assert tree_path(data[:size], index) == proof
        verify_inclusion(
            index=index, size=size, leaf=leaf_hash(data[index]), proof=proof, root=bytes.fromhex(case["root"])
        )
    for case in published_tree["consistency"]:
        proof = unhex(case["proof"])
        assert consistency_proof(case["size1"], case["size2"], nodes) == proof
        verify_consistency(
            old_size=case["size1"],
            new_size=case["size2"],
            old_root=bytes.fromhex(case["root1"]),
            new_root=bytes.fromhex(case["root2"]),
            proof=proof,
        )


def inclusion_corruptions(good: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    index, size, proof, top = good["index"], good["size"], good["proof"], good["root"]
    yield "index-1", {"index": index - 1}
    yield "index+1", {"index": index + 1}
    yield "index XOR 2", {"index": index ^ 2}
    yield "size*2", {"size": size * 2}
    yield "size//2", {"size": size // 2}
    yield "wrong leaf hash", {"leaf": hashlib.sha256(b"wrong").digest()}
    yield "empty-tree root", {"root": EMPTY_ROOT}
    yield "random root", {"root": os.urandom(32)}
    yield "trailing empty element", {"proof": [*proof, b""]}
    yield "trailing root", {"proof": [*proof, top]}
    yield "preceding empty element", {"proof": [b"", *proof]}
    yield "preceding root", {"proof": [top, *proof]}
    for place, element in enumerate(proof):
        yield "bit 3 flipped in any element", {"proof": [*proof[:place], flipped(element, 3), *proof[place + 1 :]]}
        yield "element inserted", {"proof": [*proof[:place], b"\x00" * 32, *proof[place:]]}
    if proof:
        yield "last element removed", {"proof": proof[:-1]}
    yield "index>=size", {"index": size}
    yield "size 0", {"size": 0}


def consistency_corruptions(good: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    old, new, proof = good["old_size"], good["new_size"], good["proof"]
    yield "size1-1", {"old_size": old - 1}
    yield "size1+1", {"old_size": old + 1}
    yield "size1 XOR 2", {"old_size": old ^ 2}
    yield "size2*2", {"new_size": new * 2}
    yield "size2//2", {"new_size": new // 2}
    yield "wrong root1", {"old_root": hashlib.sha256(b"wrong").digest()}
    yield "wrong root2", {"new_root": hashlib.sha256(b"wrong").digest()}
    if good["old_root"] != good["new_root"]:
        yield "swapped roots", {"old_root": good["new_root"], "new_root": good["old_root"]}
    if proof:
        yield "empty proof when size1<size2 and size1>0", {"proof": []}
        yield "last element removed", {"proof": proof[:-1]}
    yield "trailing element", {"proof": [*proof, b"\x00" * 32]}
    yield "preceding element", {"proof": [b"\x00" * 32, *proof]}
    for place, element in enumerate(proof):
        yield "bit 4 flipped in any element", {"proof": [*proof[:place], flipped(element, 4), *proof[place + 1 :]]}
    yield "size1>size2", {"old_size": new + 1}
    yield "equal sizes with different roots", {"old_size": new, "old_root": os.urandom(32), "proof": []}
    yield (
        "equal sizes with non-empty proof",
        {"old_size": new, "old_root": good["new_root"], "proof": [good["new_root"]]},
    )


def test_every_published_corruption_of_an_inclusion_proof_is_refused(published_tree: Any) -> None:
    data = unhex(published_tree["leaves_hex"])
    seen = set()
    for case in published_tree["inclusion"]:
        good = {
            "index": case["index"],
            "size": case["size"],
            "leaf": leaf_hash(data[case["index"]]),
            "proof": unhex(case["proof"]),
            "root": bytes.fromhex(case["root"]),
        }
        verify_inclusion(**good)
        for name, change in inclusion_corruptions(good):
            seen.add(name)
            assert refused(verify_inclusion, **(good | change)), (name, case["index"], case["size"])
    assert seen == set(published_tree["must_reject"]["inclusion"])


def test_every_published_corruption_of_a_consistency_proof_is_refused(published_tree: Any) -> None:
    seen = set()
    for case in published_tree["consistency"]:
        good = {
            "old_size": case["size1"],
            "new_size": case["size2"],
            "old_root": bytes.fromhex(case["root1"]),
            "new_root": bytes.fromhex(case["root2"]),
            "proof": unhex(case["proof"]),
        }
        verify_consistency(**good)
        for name, change in consistency_corruptions(good):
            seen.add(name)
            assert refused(verify_consistency, **(good | change)), (name, case["size1"], case["size2"])
    assert seen == set(published_tree["must_reject"]["consistency"])


def test_every_flipped_bit_of_an_inclusion_proof_leaf_or_root_is_refused() -> None:
    nodes = grown(leaf_data(7))
    for index, data in enumerate(leaf_data(7)):
        parts = [leaf_hash(data), root(7, nodes), *inclusion_proof(index, 7, nodes)]
        verify_inclusion(index=index, size=7, leaf=parts[0], root=parts[1], proof=parts[2:])
        for place, part in enumerate(parts):
            for bit in range(256):
                changed = [*parts[:place], flipped(part, bit), *parts[place + 1 :]]
                assert refused(
                    verify_inclusion, index=index, size=7, leaf=changed[0], root=changed[1], proof=changed[2:]
                )


def test_every_flipped_bit_of_a_consistency_proof_or_root_is_refused() -> None:
    nodes = grown(leaf_data(7))
    for old in range(1, 7):
        parts = [root(old, nodes), root(7, nodes), *consistency_proof(old, 7, nodes)]
        verify_consistency(old_size=old, new_size=7, old_root=parts[0], new_root=parts[1], proof=parts[2:])
        for place, part in enumerate(parts):
            for bit in range(256):
                changed = [*parts[:place], flipped(part, bit), *parts[place + 1 :]]
                assert refused(
                    verify_consistency,
                    old_size=old,
                    new_size=7,
                    old_root=changed[0],
                    new_root=changed[1],
                    proof=changed[2:],
                )


def test_a_proof_is_accepted_for_its_own_index_and_size_only() -> None:
    nodes = grown(leaf_data(SMALL))
    for size in range(1, SMALL + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, nodes)
            leaf = leaf_hash(leaf_data(SMALL)[index])
            accepted = [
                claimed
                for claimed in range(size)
                if not refused(
                    verify_inclusion, index=claimed, size=size, leaf=leaf, proof=proof, root=root(size, nodes)
                )
            ]
            assert accepted == [index]


@given(st.data(), st.integers(1, 300))
def test_every_index_of_every_size_has_a_proof_that_verifies(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    nodes = grown(leaf_data(size))
    proof = inclusion_proof(index, size, nodes)
    assert proof == tree_path(leaf_data(size), index)
    assert len(proof) <= (size - 1).bit_length()
    verify_inclusion(
        index=index, size=size, leaf=leaf_hash(leaf_data(size)[index]), proof=proof, root=tree_root(leaf_data(size))
    )


@given(st.data(), st.integers(0, 300))
def test_every_tree_is_proven_to_be_the_beginning_of_its_later_self(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(0, new))
    nodes = grown(leaf_data(new))
    assert root(old, nodes) == tree_root(leaf_data(old))
    verify_consistency(
        old_size=old,
        new_size=new,
        old_root=tree_root(leaf_data(old)),
        new_root=tree_root(leaf_data(new)),
        proof=consistency_proof(old, new, nodes),
    )


@given(st.data(), st.integers(2, 100))
def test_a_tree_with_one_old_leaf_rewritten_is_no_extension(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new))
    rewritten = leaf_data(new)
    rewritten[data.draw(st.integers(0, old - 1))] = b"rewritten"
    nodes = grown(rewritten)
    assert refused(
        verify_consistency,
        old_size=old,
        new_size=new,
        old_root=tree_root(leaf_data(old)),
        new_root=root(new, nodes),
        proof=consistency_proof(old, new, nodes),
    )


def test_only_hashes_of_complete_subtrees_are_stored_and_each_once() -> None:
    nodes = MemoryNodes()
    stored = []
    for size, data in enumerate(leaf_data(SMALL)):
        for node, hashed in nodes_to_store(size, leaf_hash(data), nodes):
            level, position = node
            assert hashed == tree_root(leaf_data(SMALL)[position << level : (position + 1) << level])
            stored.append(node)
        nodes.append(leaf_hash(data))
    assert len(stored) == len(set(stored)) == 2 * SMALL - SMALL.bit_count()


def test_an_empty_tree_is_the_beginning_of_every_tree_with_an_empty_proof_only() -> None:
    top = tree_root(leaf_data(3))
    verify_consistency(old_size=0, new_size=3, old_root=EMPTY_ROOT, new_root=top, proof=[])
    for change in ({"proof": [top]}, {"old_root": top}, {"new_size": 0}, {"old_size": -1}):
        good = {"old_size": 0, "new_size": 3, "old_root": EMPTY_ROOT, "new_root": top, "proof": []}
        assert refused(verify_consistency, **(good | change))


def test_a_proof_is_not_made_for_what_is_not_in_the_tree() -> None:
    nodes = grown(leaf_data(3))
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="outside"):
            inclusion_proof(index, size, nodes)
        with pytest.raises(ValueError, match="outside"):
            tree_path(leaf_data(size), index)
    for old, new in ((4, 3), (-1, 3)):
        with pytest.raises(ValueError, match="outside"):
            consistency_proof(old, new, nodes)


def test_an_independent_tree_agrees_on_roots_and_paths_and_proves_our_growth() -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    nodes = MemoryNodes()
    for size, data in enumerate(leaf_data(SMALL), start=1):
        other.append_entry(data)
        nodes.append(leaf_hash(data))
        assert other.get_root(size) == root(size, nodes)
        for index in range(size):
            theirs = other.prove_inclusion(index + 1, size)
            assert theirs.path[1:] == inclusion_proof(index, size, nodes)  # theirs begins with the leaf itself
            pymerkle.verify_inclusion(leaf_hash(leaf_data(SMALL)[index]), root(size, nodes), theirs)
        for old in range(1, size):
            pymerkle.verify_consistency(root(old, nodes), root(size, nodes), other.prove_consistency(old, size))
