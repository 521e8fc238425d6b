"""A log in memory and what a signer is asked for it: for the tests of the signer, in the process and beside it."""

from caseroom.audit.signer import SigningService
from caseroom.audit.tree import MemoryNodes, consistency_proof, leaf_hash, root

CASE = "rooms.example.org/c/a9e18803a60705d16eaa7848dd023409"
CAUCUS = f"{CASE}/s/2"
KEY = bytes(range(32))


def log(count: int, *, rewritten_at: int | None = None) -> MemoryNodes:
    nodes = MemoryNodes()
    for index in range(count):
        nodes.append(leaf_hash(b"rewritten" if index == rewritten_at else f"leaf {index}".encode()))
    return nodes


def sign(signer: SigningService, nodes: MemoryNodes, old: int, new: int, *, origin: str = CASE) -> str:
    proof = consistency_proof(old, new, nodes)
    return signer.sign(origin, old_size=old, new_size=new, root=root(new, nodes), proof=proof)
