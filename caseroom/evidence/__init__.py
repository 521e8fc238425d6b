"""What shows the record to somebody who does not trust this server: the proof page, receipts, the pack."""
