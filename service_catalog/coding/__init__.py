"""Codes (编码): read, compose, judge, allocate, and keep the old ones resolvable."""
