"""export-contract."""

from pathlib import Path
from typing import Annotated

import typer

from service_catalog.cli.common import out
from service_catalog.contract import write_contract


def export_contract(folder: Annotated[Path, typer.Argument(help="输出文件夹 Folder.")] = Path("schemas")) -> None:
    """写出接口契约 Write openapi.json and the JSON Schemas."""
    for path in write_contract(folder):
        out.print(str(path))
