"""Outbox (发件箱): messages to bodies that must go out once, although processes crash and receivers are away."""
