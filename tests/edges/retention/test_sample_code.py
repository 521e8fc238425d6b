"""Acts that ask for the second factor again can be tried in the sample practice, whose people have no telephone."""

import re
from dataclasses import replace

import pytest

from caseroom.app import create_app
from caseroom.demo.views import blueprint as demo_links


@pytest.fixture(scope="module")
def app(house):
    """As ``python -m caseroom demo`` serves it."""
    app = create_app(
        replace(house.settings, async_mode="threading", origin="https://rooms.example.org"), database=house.database
    )
    app.register_blueprint(demo_links)
    return app


def test_in_the_sample_the_page_tells_the_code_that_it_asks_for_and_it_works(mediation, visitor, code):
    code("neus")  # she has a second factor, and has used this code
    neus = visitor("neus").open(f"/cases/{mediation.id}/closing")
    told = re.search(r"your code is (\d{6}) now", neus.words())
    assert told
    neus.send(f"/cases/{mediation.id}/closing", code=told[1])
    assert neus.status == 303
