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
from benchmarks.rounds import ROUNDS, TURNS, Outcome

COMMAND = "make bench"
RESULTS = Path(__file__).with_name("results.json")
WIDTH = 110
"""Columns that the table needs, also where it goes into a file."""
VERSIONS = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "sqlmodel", "sqlalchemy", "pydantic")


def show(outcomes: list[Outcome], growth: Growth) -> None:
    """Print the table."""
    table = Table(
        title="每秒应答数，裸 ASGI 程序发送同样字节 = 1.0\nAnswers a second; a bare ASGI application sending the same bytes = 1.0",
        caption=_growth_in_words(growth),
    )
    table.add_column("项目\nwhat", no_wrap=True)
    for head in ("之比\nratio", "中间一半\nmiddle half", "处理器\nCPU", "客户端\nclient", "有效轮\nturns"):
        table.add_column(head, justify="right", no_wrap=True)
    for outcome in outcomes:
        zh, en = outcome.case.what
        table.add_row(
            f"{outcome.case.name}\n[dim]{zh}\n{en}[/]",
            f"[bold]{outcome.ratio:.3g}[/]",
            f"{outcome.lower:.3g} – {outcome.upper:.3g}",
            "–" if outcome.cpu_ratio is None else f"{outcome.cpu_ratio:.3g}",
            f"{outcome.client_busy:.0%}",
            f"{outcome.undisturbed}/{ROUNDS * TURNS}",
        )
    Console(width=max(Console().width, WIDTH)).print(table)


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
        "settings": {
            "rounds": ROUNDS, "turns": TURNS, "connections": CONNECTIONS, "uvicorn_workers": 1,
        },
        "ratios": _column(outcomes, "ratio"),
        "ratios_lower_quartile": _column(outcomes, "lower"),
        "ratios_upper_quartile": _column(outcomes, "upper"),
        "turns_undisturbed": _column(outcomes, "undisturbed"),
        "server_cpu_ratios": _column(outcomes, "cpu_ratio"),
        "client_busy": _column(outcomes, "client_busy"),
        "client_busy_at_baseline": _column(outcomes, "baseline_client_busy"),
        "database_bytes_per_implementation": each | {"copied_standard": round(growth.copied_standard)},
        "generated_agencies": growth.agencies,
    }  # fmt: skip


def _column(outcomes: list[Outcome], name: str) -> dict[str, float | None]:
    """Return one figure of every case, with three places, however small."""
    return {outcome.case.name: _rounded(getattr(outcome, name)) for outcome in outcomes}


def _rounded(figure: float | None) -> float | None:
    return float(f"{figure:.3g}") if isinstance(figure, float) else figure


def _growth_in_words(growth: Growth) -> str:
    zh = "，".join(f"{number:,} 条时 {size:,.0f}" for number, size in growth.bytes_each.items())
    en = ", ".join(f"{size:,.0f} at {number:,}" for number, size in growth.bytes_each.items())
    return (
        f"每条实施清单占数据库字节：{zh}；\n若各自复制标准，每条另加 {growth.copied_standard:,.0f}\n"
        f"Database bytes for each implementation: {en};\na copy of its standard would add {growth.copied_standard:,.0f}"
    )
