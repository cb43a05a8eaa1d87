"""JSON Merge Patch (RFC 7396); pure."""

from typing import Any


def merged(document: Any, changes: Any) -> Any:
    """Return a document with changes laid over it: null takes a member out, anything but an object replaces."""
    if not isinstance(changes, dict):
        return changes
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
