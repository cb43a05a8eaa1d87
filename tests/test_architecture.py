"""The promises that the layout makes: floors, docstrings, no HTTP below the edge, small functions, documented settings."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import service_catalog
from service_catalog.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGE = Path(service_catalog.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes()) for path in PACKAGE.rglob("*.py")}
AT_THE_EDGE = {"kernel/problems.py", "kernel/asgi.py"}
"""Where HTTP errors are answered, and where a body is cut off before any route has been chosen."""


def names_used(tree: ast.Module) -> set[str]:
    """Every name that a module imports or reaches through another."""
    imported = {alias.name.split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)
                for alias in node.names}  # fmt: skip
    return imported | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length in lines; generated migrations are no reading matter."""
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not name.startswith("migrations/versions/"):
                yield f"{name}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_imports_go_downwards_only() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    linted = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert re.search(r"Contracts: [1-9][0-9]* kept, 0 broken\.", linted.stdout)


def test_every_part_has_its_floor_and_no_import_is_excused() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (floors,) = [contract for contract in configured["contracts"] if contract["type"] == "layers"]

    assert configured["root_package"] == "service_catalog"
    assert floors["exhaustive"] is True
    assert not floors.get("ignore_imports")
    assert not floors.get("exhaustive_ignores")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_module_says_what_one_finds_there(name: str) -> None:
    assert ast.get_docstring(MODULES[name])


def test_only_the_edge_knows_http_errors() -> None:
    assert {name for name, tree in MODULES.items() if "HTTPException" in names_used(tree)} <= AT_THE_EDGE


def test_middleware_is_plain_asgi() -> None:
    assert [name for name, tree in MODULES.items() if "BaseHTTPMiddleware" in names_used(tree)] == []


@pytest.mark.parametrize(
    "vague", ["service", "services", "utils", "util", "helpers", "crud", "manager", "common_utils"]
)
def test_no_module_is_named_after_nothing(vague: str) -> None:
    assert [name for name in MODULES if Path(name).stem == vague] == []


def test_functions_are_small() -> None:
    lengths = [length for _, length in functions()]

    assert len(lengths) > 300
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=10)[-1] < 35


def test_files_are_small() -> None:
    lines = [len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) for name in MODULES]

    assert statistics.median(lines) < 200
    assert statistics.quantiles(lines, n=10)[-1] < 300


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented(field: str) -> None:
    documented = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    assert f"`CATALOG_{field.upper()}`" in documented
    assert Settings.model_fields[field].description


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = {
        name
        for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
        for name in re.findall(r"CATALOG_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))
    }

    assert {name for name in named if not name.startswith("CATALOG_TEST_")} <= {
        f"CATALOG_{field.upper()}" for field in Settings.model_fields
    }
