"""Redaction (脱敏): what in a text leads to a person; a machine proposes, a person confirms."""
