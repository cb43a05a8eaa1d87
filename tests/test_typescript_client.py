"""A front end generates its client from schemas/openapi.json alone: it compiles, bites, and runs against a real server."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from live import listening
from starlette.testclient import TestClient

from service_catalog.app import create_app
from service_catalog.settings import Settings

ROOT = Path(__file__).parent.parent
CLIENT = Path(__file__).parent / "typescript_client"
MINUTES = 5

pytestmark = [pytest.mark.node, pytest.mark.sqlite_is_enough]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(command[0])
    assert found, f"{command[0]} is missing"
    return subprocess.run(
        [found, *command[1:]], cwd=folder, capture_output=True, encoding="utf-8", timeout=MINUTES * 60, check=False
    )


def run_well(folder: Path, *command: str) -> str:
    ended = run(folder, *command)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a front end has: the client's sources, its locked tools, and the published contract."""
    folder = tmp_path_factory.mktemp("front-end") / "client"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "build", "catalogue.d.ts"))
    shutil.copy(ROOT / "schemas" / "openapi.json", folder)
    run_well(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    run_well(folder, "npm", "run", "generate")
    return folder


def test_the_client_compiles_with_the_generated_types(workshop: Path) -> None:
    run_well(workshop, "npm", "run", "check")


def test_a_mistaken_use_of_the_contract_does_not_compile(workshop: Path) -> None:
    lines = (CLIENT / "mistakes.ts").read_text(encoding="utf-8").splitlines()
    mistaken = {number for number, line in enumerate(lines, start=1) if "// refused: " in line}

    ended = run(workshop, "npx", "--no-install", "tsc", "--noEmit", "--pretty", "false", "-p", "tsconfig.mistakes.json")

    assert ended.returncode != 0
    refused = {
        (name, int(line)) for name, line in re.findall(r"^(\S+)\((\d+),\d+\): error TS", ended.stdout, re.MULTILINE)
    }
    assert refused == {("mistakes.ts", number) for number in mistaken}, ended.stdout
    assert len(mistaken) >= 5


def test_the_client_reads_guides_lists_codes_and_refusals_from_a_real_server(
    workshop: Path, seeded: TestClient, seeded_url: str
) -> None:
    app = create_app(Settings(database_url=seeded_url), clock=lambda: datetime(2026, 6, 1, 4, 0, tzinfo=UTC))
    run_well(workshop, "npm", "run", "build")

    with listening(app) as (host, port):
        told: dict[str, Any] = json.loads(run_well(workshop, "node", "build/visit.js", f"http://{host}:{port}"))

    nearest = seeded.get("/v1/guides?basic_code=150709001000&region=152921110201").json()
    assert told["nearest"] == {
        "code": nearest["code"],
        "answeredAt": "巴彦浩特镇",
        "why": nearest["nearest"]["why_zh"],
    }
    assert told["guide"]["name"] == "居住证申领"
    assert told["guide"]["windows"] == [window["name"] for window in nearest["service_locations"]] != []
    assert ["居民身份证", "必要"] in told["guide"]["materials"]
    assert told["guide"]["promisedLimit"] == nearest["promised_limit"]["zh"]
    assert told["unchanged"] is True
    for_persons = seeded.get("/v1/basic-items?service_object=1&limit=500").json()
    assert told["names"] == [item["name"] for item in for_persons["items"]]
    assert len(told["names"]) > 14, "more than two pages of seven"
    assert told["explained"]["kind"] == "implementation"
    assert "".join(told["explained"]["parts"]).startswith(nearest["code"][:18])
    assert told["check"] == {
        "acceptable": False,
        "refused": [["promised_limit", "not_longer_than:statutory_limit,standard.promised_limit"]],
    }
    assert told["unknownItem"] == {"kind": "no-such-item", "status": 404, "title": "No such item"}
    assert told["badRegion"]["kind"] == "invalid-request"
    assert told["badRegion"]["region"].startswith("格式不正确")


def test_the_lock_file_names_hashes_and_no_place_to_load_from() -> None:
    lock = json.loads((CLIENT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    wanted = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))

    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version, f"{name} is not pinned exactly"
