"""A self-hosted virtual case room: rooms with a known audience and a ledger that anybody may check offline."""
