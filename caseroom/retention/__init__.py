"""Erasing, closing and keeping: what ends, when, on whose word, and what stays to prove it (docs/evidence.md §4,
§11)."""
