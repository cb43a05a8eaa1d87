"""The table a person reads, and the file that is committed."""

import json
import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.asking import CONNECTIONS
from benchmarks.growth import Growth
from benchmarks.rounds import ROUNDS, SECONDS, Outcome

COMMAND = "make bench"
RESULTS = Path(__file__).with_name("results.json")
VERSIONS = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "sqlmodel", "sqlalchemy", "pydantic")


def show(outcomes: list[Outcome], growth: Growth) -> None:
    """Print the table."""
    table = Table(
        title="每秒应答数与裸 ASGI 程序之比 Answers a second, bare ASGI application sending the same bytes = 1.0",
        caption=f"{_growth_in_words(growth)}\n{COMMAND}；{RESULTS.name}",
    )
    table.add_column("项目 what")
    for head in ("之比 ratio", "最低 lowest", "最高 highest", "处理器之比 CPU ratio", "客户端占用 client busy"):
        table.add_column(head, justify="right")
    for outcome in outcomes:
        table.add_row(
            f"{outcome.case.name}\n[dim]{outcome.case.what}[/]",
            *map(_number, outcome[1:5]),
            f"{outcome.client_busy:.0%}",
        )
    Console().print(table)


def write(outcomes: list[Outcome], growth: Growth, at: datetime) -> None:
    """Write results.json."""
    RESULTS.write_text(json.dumps(_document(outcomes, growth, at), ensure_ascii=False, indent=2) + "\n", "utf-8")


def _document(outcomes: list[Outcome], growth: Growth, at: datetime) -> dict[str, Any]:
    each = {str(number): round(size) for number, size in growth.bytes_each.items()}
    return {
        "command": COMMAND,
        "date": at.date().isoformat(),
        "machine": {
            "python": platform.python_version(), "implementation": platform.python_implementation(),
            "system": platform.system(), "cpu_count": os.cpu_count(),
            "packages": {name: version(name) for name in VERSIONS},
        },
        "settings": {"rounds": ROUNDS, "seconds": SECONDS, "connections": CONNECTIONS, "uvicorn_workers": 1},
        "ratios_mean": "answers a second against a bare ASGI application on the same server sending the same bytes; median of the rounds",
        "ratios": {outcome.case.name: _rounded(outcome.ratio) for outcome in outcomes},
        "ratios_lowest_highest": {
            outcome.case.name: [_rounded(outcome.lowest), _rounded(outcome.highest)] for outcome in outcomes
        },
        "server_cpu_ratios": {outcome.case.name: _rounded(outcome.cpu_ratio) for outcome in outcomes},
        "client_busy": {outcome.case.name: _rounded(outcome.client_busy) for outcome in outcomes},
        "database_bytes_per_implementation": each | {"copied_standard": round(growth.copied_standard)},
        "generated_agencies": growth.agencies,
    }  # fmt: skip


def _growth_in_words(growth: Growth) -> str:
    sizes = "，".join(f"{number:,} 条时 {size:,.0f}" for number, size in growth.bytes_each.items())
    return (
        f"每条实施清单占数据库字节 database bytes an implementation: {sizes}；"
        f"若复制标准，另加 a copied standard would add {growth.copied_standard:,.0f}"
    )


def _rounded(value: float | None) -> float | None:
    """Keep three figures, however small."""
    return None if value is None else float(f"{value:.3g}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
