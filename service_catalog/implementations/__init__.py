"""Implementation (实施清单事项): one agency's own version of an item; only what differs from the standard."""
