"""A server whose clock was wrong for a while did nothing wrong: its packs verify, with the tokens of an authority whose
clock was right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caseroom.audit.scheduler import seal_due
from tests.evidence.storied import storied
from tests.services.evidence.packs import verified

MINUTE = timedelta(minutes=1)


@pytest.fixture
def story(tmp_path_factory):
    with storied(tmp_path_factory.mktemp("story"), told=False) as made:
        made.stamp()
        yield made


def at(story, minutes, *, ahead=0):
    """So many minutes after the beginning by the authority's clock; the server's is so many minutes ``ahead``."""
    story.tsa.set_clock(minutes * MINUTE)
    story.present.instant = story.began + (minutes + ahead) * MINUTE


def states(story):
    return story.stamping.states(story.affair.id)


def test_a_clock_set_back_after_a_checkpoint_dates_no_entry_before_it(story, tmp_path):
    joint, caucus = story.affair["joint"], story.affair["caucus:0"]
    at(story, 41, ahead=20)
    assert seal_due(story.house.database) == 1
    at(story, 42)
    story.house.say("ada", caucus, "Encore une chose.")
    story.house.say("bruno", joint, "Oui ?")
    at(story, 121)
    assert seal_due(story.house.database) == 1
    assert story.stamping.stamp() == 2
    for person in ("ada", "bruno", "neus"):
        verified(story.pack(person), tmp_path)


def test_a_token_from_before_an_entry_that_its_checkpoint_seals_is_asked_for_again(story, tmp_path):
    at(story, 40, ahead=60)
    story.house.say("ada", story.affair["caucus:0"], "Écrit avec une heure d'avance.")
    at(story, 60)
    assert seal_due(story.house.database) == 1
    assert (story.stamping.stamp(), states(story)) == (0, ["kept", "waiting"])
    at(story, 101)
    assert (story.stamping.stamp(), states(story)) == (1, ["kept", "kept"])
    for person in ("ada", "bruno", "neus"):
        verified(story.pack(person), tmp_path)
