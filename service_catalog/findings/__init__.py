"""The consistency engine (体检): every difference between standard, local parts and codes, found and kept."""
