"""Exhibits: files filed in a room, numbered for ever, sealed on disk, attributed and receipted."""
