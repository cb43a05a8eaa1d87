"""What changed, what differs, what was decided, and what a new edition of a standard will do to its implementations."""
