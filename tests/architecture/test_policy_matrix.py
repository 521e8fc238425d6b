"""The policy, line by line, as it was last agreed to."""

from tests.architecture.policy_matrix import FILE, matrix


def test_the_policy_is_the_one_that_was_reviewed():
    """Where this fails, somebody gained or lost a right. If it is meant: `python -m tests.architecture.policy_matrix`,
    and read the diff."""
    assert matrix() == FILE.read_text(encoding="utf-8")
