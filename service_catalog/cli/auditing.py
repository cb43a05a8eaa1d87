"""audit."""

from pathlib import Path
from typing import Annotated

import typer


def audit(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """审查他人发布的事项清单 Report on a list that someone else published."""
