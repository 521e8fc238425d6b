"""Makers of the sample files: each takes a `Spec` and returns the bytes of a real file, the same bytes on the same day."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from caseroom.demo.files.acoustics import acoustic_report, neighbour_noise_note
from caseroom.demo.files.contracts import instruction_agreement, supply_contract, works_contract
from caseroom.demo.files.drawings import facade_drawing, site_sketch
from caseroom.demo.files.finding import bailiff_finding
from caseroom.demo.files.invoice import balance_invoice
from caseroom.demo.files.office import draft_settlement, house_options, repair_costing
from caseroom.demo.files.orders import procedural_order
from caseroom.demo.files.photograph import window_photograph
from caseroom.demo.files.sound import heat_pump_sound
from caseroom.demo.files.tables import family_budget, sound_level_readings, test_log, treasury_table
from caseroom.demo.files.valuation import house_valuation

MEDIA_TYPES: Final = MappingProxyType(
    {
        ".pdf": "application/pdf",
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".wav": "audio/x-wav",
        ".csv": "text/csv",
    }
)
"""The real type, as libmagic names it, of a sample file of each ending."""

__all__ = [
    "MEDIA_TYPES",
    "acoustic_report",
    "bailiff_finding",
    "balance_invoice",
    "draft_settlement",
    "facade_drawing",
    "family_budget",
    "heat_pump_sound",
    "house_options",
    "house_valuation",
    "instruction_agreement",
    "neighbour_noise_note",
    "procedural_order",
    "repair_costing",
    "site_sketch",
    "sound_level_readings",
    "supply_contract",
    "test_log",
    "treasury_table",
    "window_photograph",
    "works_contract",
]
