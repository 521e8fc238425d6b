"""The four cases of the sample practice, typeset and ready to be played in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from caseroom.demo.agenda import Agenda
from caseroom.demo.arbitration import arbitration
from caseroom.demo.collaborative import collaborative
from caseroom.demo.instruction import instruction
from caseroom.demo.mediation import mediation
from caseroom.demo.script import Case, File, Say, Step
from caseroom.demo.typography import typeset


def sample_cases(today: date) -> tuple[Case, ...]:
    """Return the mediation, the arbitration, the collaborative process and the instruction, with their dates around `today`.

    `today` is a civil date in France; deadlines told in the texts lie after it, past events before it.
    """
    agenda = Agenda(today)
    return tuple(
        _typeset_case(case)
        for case in (mediation(agenda), arbitration(agenda), collaborative(agenda), instruction(agenda))
    )


def _typeset_case(case: Case) -> Case:
    return replace(case, title=typeset(case.title), script=tuple(_typeset_step(step) for step in case.script))


def _typeset_step(step: Step) -> Step:
    match step:
        case Say(text=text):
            return replace(step, text=typeset(text))
        case File(title=title):
            return replace(step, title=typeset(title))
