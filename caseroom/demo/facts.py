"""Days told both by a conversation and by a file, as offsets from the day the sample is made, so that the two never differ."""

from __future__ import annotations

from typing import Final

# SCI des Tilleuls et Menuiserie Brévignon
TILLEULS_CONTRACT: Final = -420
TILLEULS_HANDOVER: Final = -155
TILLEULS_INVOICE: Final = -148
TILLEULS_FINDING: Final = -10
TILLEULS_COMMENTS: Final = 5
TILLEULS_MEETING: Final = 8
TILLEULS_VISIT: Final = 14
TILLEULS_WORKS: Final = 19
TILLEULS_TERM: Final = 50

# Halvorne Énergie contre Trésclau Ingénierie
HALVORNE_CONTRACT: Final = -1290
HALVORNE_HANDOVER: Final = -640
HALVORNE_MEASURES: Final = -17
HALVORNE_CLAIM: Final = 6
HALVORNE_DEFENCE: Final = 21
HALVORNE_DEFENCE_EXTENDED: Final = 29
HALVORNE_REPLY: Final = 49
HALVORNE_REJOINDER: Final = 70
HALVORNE_HEARING: Final = 98

# Séparation Vauquelet et Lamberjac
VAUQUELET_CHARTER: Final = -24
VAUQUELET_VALUATION: Final = -6
VAUQUELET_MEETING: Final = 12
VAUQUELET_DRAFT: Final = 26

# Mortefon contre Kerbrézel
MORTEFON_AGREEMENT: Final = -20
MORTEFON_MEASURES: Final = -5
MORTEFON_CLAIM: Final = 10
MORTEFON_DEFENCE: Final = 31
MORTEFON_CLOSING: Final = 73
