"""Outside time stamps of the case checkpoints (RFC 3161; docs/evidence.md §4, §16-19): asking for them, checking them,
and the queue that asks again. Nothing here is ever in the way of filing or sealing."""
