"""Sync (同步), the way down: what is published as a feed, a snapshot and digests; who has read how far; the client."""
