"""Running service-catalog audit: on an excerpt of a real list, in this process or as one of its own."""

import csv
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from builders import SEED_DATA
from typer.testing import CliRunner, Result

from service_catalog.cli import app

ROOT = SEED_DATA.parent
EXCERPT = Path(__file__).parent / "data" / "real_items_excerpt.csv"
Audit = Callable[..., Result]


def audit_here(*words: str | Path) -> Result:
    """Audit in this process; the report goes to report.json unless told otherwise."""
    place = [] if "--output" in words else ["--output", "report.json"]
    return CliRunner().invoke(app, ["audit", *map(str, words), *place])


def report_of(result: Result, path: str = "report.json") -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return read


def excerpt() -> list[dict[str, str]]:
    with EXCERPT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(*rows: str, name: str = "list.csv") -> Path:
    path = Path(name)
    path.write_text("\n".join(["名称,编码", *rows, ""]), encoding="utf-8")
    return path


def process(url: str, *words: str | Path, biggest_file: int | None = None, **environment: str) -> subprocess.Popen[str]:
    """Start the command as a real process, in a terminal as wide as it is told."""

    def bound() -> None:
        if biggest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (biggest_file, biggest_file))

    return subprocess.Popen(
        [sys.executable, "-m", "service_catalog", "audit", *map(str, words)],
        env=os.environ | {"CATALOG_DATABASE_URL": url} | environment, cwd=ROOT, preexec_fn=bound,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
