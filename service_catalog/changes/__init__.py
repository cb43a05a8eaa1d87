"""The append-only log of accepted changes, numbered in commit order."""
