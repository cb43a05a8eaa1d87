"""Guide (办事指南): what the public reads, computed from standard and local part, never stored as a copy."""
