"""Replica (副本): a read-only copy of the catalogue that follows the feed, and answers when the line is down."""
