"""The ledger: trees, signed checkpoints, events, epochs, receipts and the signing service."""
