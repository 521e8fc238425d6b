"""Dates of the sample cases, told relative to the day the sample is made, so that a deadline is never long past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_WEEKDAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Agenda:
    """Dates around `today`; every offset is in days, and a day that falls on a week-end moves to the Monday after."""

    today: date

    @property
    def year(self) -> int:
        """The year printed in the references of the sample cases."""
        return self.today.year

    def day(self, offset: int) -> date:
        """The working day on or next after today + `offset`."""
        wanted = self.today + timedelta(days=offset)
        weekend = max(0, wanted.weekday() - _SATURDAY + 1)
        return wanted + timedelta(days=(3 - weekend) if weekend else 0)

    def weekday(self, offset: int) -> str:
        """As said aloud: `mardi 24 mars`."""
        day = self.day(offset)
        return f"{_WEEKDAYS[day.weekday()]} {self._day_and_month(day)}"

    def full(self, offset: int) -> str:
        """As written in an act: `24 mars 2026`."""
        day = self.day(offset)
        return f"{self._day_and_month(day)} {day.year}"

    def short(self, offset: int) -> str:
        """As written in a table: `24/03/2026`."""
        return f"{self.day(offset):%d/%m/%Y}"

    def working_days(self, offset: int, count: int) -> tuple[str, ...]:
        """`count` working days in a row from that day on, as written in a table."""
        days: list[str] = []
        day = self.day(offset)
        while len(days) < count:
            if day.weekday() < _SATURDAY:
                days.append(f"{day:%d/%m/%Y}")
            day += timedelta(days=1)
        return tuple(days)

    def anniversary(self, offset: int) -> str:
        """One year after that day, written in full; 29 February has its anniversary on 28 February."""
        day = self.day(offset)
        leap_day = (day.month, day.day) == (2, 29)
        later = day.replace(year=day.year + 1, day=28 if leap_day else day.day)
        return f"{self._day_and_month(later)} {later.year}"

    @staticmethod
    def _day_and_month(day: date) -> str:
        return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]}"
