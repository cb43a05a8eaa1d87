"""The feed as the validator of OpenActive sees it: @openactive/rpde-validator walks it on a real socket."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from live import listening
from test_typescript_client import run_well

from service_catalog.app import create_app
from service_catalog.settings import Settings

VALIDATOR = Path(__file__).parent / "rpde_validator"
pytestmark = [pytest.mark.node, pytest.mark.sqlite_is_enough]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rpde") / "validator"
    shutil.copytree(VALIDATOR, folder, ignore=shutil.ignore_patterns("node_modules"))
    run_well(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    return folder


@pytest.mark.parametrize("query", ["limit=100", "limit=500", "region=152921000000&surroundings=true&ended=documents"])
def test_the_validator_finds_no_failure(workshop: Path, seeded_url: str, query: str) -> None:
    app = create_app(Settings(database_url=seeded_url), clock=lambda: datetime(2026, 6, 1, 4, 0, tzinfo=UTC))

    with listening(app) as (host, port):
        told: dict[str, Any] = json.loads(
            run_well(workshop, "node", "walk.js", f"http://{host}:{port}/v1/feed?{query}", "40")
        )

    assert [error for error in told["errors"] if error["severity"] == "failure"] == []
    assert len(told["pages"]) > 4
    assert any("afterChangeNumber=9007199254740991" in page for page in told["pages"]), "the last page was tried"


def test_the_validator_is_pinned_by_hashes_and_names_no_place_to_load_from() -> None:
    lock = json.loads((VALIDATOR / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert packages["node_modules/@openactive/rpde-validator"]["version"] == "3.0.3571"
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []
