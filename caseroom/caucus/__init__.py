"""What private rooms add to rooms: today, the check that every wall stands where the rule puts it."""
