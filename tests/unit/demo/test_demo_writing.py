"""The dates and the French of the sample: deadlines on working days, spaces that do not break, addresses left alone."""

from __future__ import annotations

from datetime import date, timedelta

from caseroom.demo.agenda import Agenda
from caseroom.demo.typography import typeset

TODAY = date(2026, 3, 19)


def test_every_date_told_is_a_working_day_and_deadlines_lie_ahead() -> None:
    for shift in range(14):
        agenda = Agenda(TODAY + timedelta(days=shift))
        for offset in (-155, -10, 5, 8, 14, 50):
            wanted = agenda.today + timedelta(days=offset)
            assert agenda.day(offset).weekday() < 5
            assert timedelta(0) <= agenda.day(offset) - wanted <= timedelta(days=2)
    assert Agenda(TODAY).weekday(5) == "mardi 24 mars"
    assert Agenda(TODAY).full(43) == "1er mai 2026"
    assert Agenda(date(2028, 2, 29)).anniversary(0) == "28 février 2029"


def test_working_days_follow_each_other_without_a_week_end() -> None:
    assert Agenda(TODAY).working_days(0, 4) == ("19/03/2026", "20/03/2026", "23/03/2026", "24/03/2026")


def test_typesetting_is_french_and_leaves_addresses_alone() -> None:
    link = "https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000051930598/2025-09-01"
    assert typeset(link) == link
    assert typeset("L'eau : oui ! « Non » ?") == "L\u2019eau\u00a0: oui\u202f! «\u00a0Non\u00a0»\u202f?"
    assert typeset("36 800 € à Me Diaz, le 2 mars 2026") == "36\u202f800\u00a0€ à Me\u00a0Diaz, le 2 mars 2026"
