"""Rooms: places with an audience, where entries are made. Everything said or filed is an event of the room's ledger."""
