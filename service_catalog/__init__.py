"""Government service-item catalogue: one item, one standard, one code on four levels."""

__version__ = "0.1.0"
