"""The tree's hashes in the database."""

from __future__ import annotations

import pytest

from caseroom.audit.models import LogNode
from caseroom.audit.nodes import MOST_AT_ONCE, StoredNodes, _nodes_query
from caseroom.audit.tree import leaf_hash, right_edge, root, tree_root

LOG = "5" * 32


def append(house, number):
    with house.database.unit_of_work() as work:
        nodes = StoredNodes(work, LOG)
        return [nodes.append(index, leaf_hash(b"leaf %d" % index)) for index in range(number)]


def test_each_append_gives_the_root_of_the_whole_tree(house):
    data = [b"leaf %d" % index for index in range(40)]
    assert append(house, 40) == [tree_root(data[: size + 1]) for size in range(40)]


def test_what_was_appended_is_read_back_by_another_unit_of_work(house):
    roots = append(house, 40)
    with house.database.reading() as work:
        assert [root(size + 1, StoredNodes(work, LOG)) for size in range(40)] == roots


def test_more_nodes_than_one_query_takes_are_read_in_their_order(house):
    append(house, 2 * MOST_AT_ONCE + 1)
    wanted = [(0, position) for position in range(2 * MOST_AT_ONCE, -1, -1)]
    with house.database.reading() as work:
        assert StoredNodes(work, LOG).read(wanted) == [leaf_hash(b"leaf %d" % position) for _, position in wanted]


def test_a_hole_in_the_stored_tree_is_an_error_and_not_another_root(house):
    append(house, 6)
    with house.database.unit_of_work() as work:
        work.session.delete(work.session.get_one(LogNode, (LOG, *right_edge(6)[0])))
    with house.database.reading() as work, pytest.raises(KeyError):
        root(6, StoredNodes(work, LOG))


@pytest.mark.parametrize("number", [1, 2, 3, 8, 17])
def test_a_node_is_looked_up_by_its_key_however_many_are_asked_for(house, number):
    """Otherwise each message would read through the whole log of its room."""
    query = str(_nodes_query(number).compile(house.database.engine))
    with house.database.reading() as work:
        steps = work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (0,) * query.count("?")).all()
    reading = [step[3] for step in steps if "log_node" in step[3]]
    assert len(reading) == number
    assert all("(log_id=? AND level=? AND position=?)" in step for step in reading)
