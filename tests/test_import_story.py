"""200 implementations with 30 faults of every kind: the 30 are reported at their cells, the 170 others stored, and only once."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from builders import BANNER
from callers import key_for
from conftest import Clock
from county import FAULTS, editions, found_county, handed_in, workbook_of
from databases import Server
from sqlalchemy import Engine
from starlette.testclient import TestClient

from service_catalog.actors import Role
from service_catalog.app import create_app
from service_catalog.exchange.workbook import XLSX, read_workbook
from service_catalog.kernel.database import make_engine, unit_of_work
from service_catalog.settings import Settings


@pytest.fixture
def county(server: Server) -> Iterator[Engine]:
    with server.copy_of(server.template("county", found_county)) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def bad(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (line["cell"], line["verdict"])
        for row in report["rows"]
        for line in row["elements"]
        if line["verdict"] in ("looser", "refused", "unknown")
    ]


def test_200_implementations_with_30_faults_are_imported(county: Engine, clock: Clock, now: datetime) -> None:
    sheets, stored, faults = handed_in()
    content = workbook_of(sheets)
    with unit_of_work(county) as session:
        key = key_for(session, Role.COUNTY_OFFICE, region=BANNER, at=now)
    url = county.url.render_as_string(hide_password=False)

    with TestClient(
        create_app(Settings(database_url=url), clock=clock), headers=key | {"Content-Type": XLSX}
    ) as client:
        first = client.post("/v1/imports", content=content)
        untouched = editions(county)
        report = first.json()
        whole = client.post("/v1/imports", content=content, params={"dry_run": False, "digest": report["digest"]})
        still_untouched = editions(county)
        query = {"dry_run": False, "digest": report["digest"], "only_good_rows": True}
        applied = client.post("/v1/imports", content=content, params=query)
        after = editions(county)
        again = client.post("/v1/imports", content=content)
        query["digest"] = again.json()["digest"]
        twice = client.post("/v1/imports", content=content, params=query)
        query["workbook"] = True
        copy = client.post("/v1/imports", content=content, params=query)

    assert len(FAULTS) == len(faults) == 30
    assert len(stored) == 170
    assert first.status_code == 200, first.text[:500]
    assert sorted(bad(report)) == sorted(faults)
    assert report["counts"] == {
        "rows": 200, "acceptable": 170, "received": 0, "unchanged": 0,
        "refused": sum(verdict != "unknown" for _, verdict in faults),
        "needs_a_person": sum(verdict == "unknown" for _, verdict in faults),
    }  # fmt: skip
    assert [(line["column"], line["filled"]) for line in report["not_used"]] == [("备注", 200)]
    assert untouched == still_untouched == {}
    assert whole.status_code == 422
    assert whole.json()["type"] == "/problems/rows-refused"
    assert applied.json()["counts"]["received"] == 170
    assert applied.json()["counts"]["acceptable"] == 0
    assert sorted(bad(applied.json())) == sorted(faults)
    assert after == {code: [(1, "draft", content)] for code, content in stored.items()}
    assert again.json()["counts"]["unchanged"] == 170
    assert again.json()["counts"]["acceptable"] == 0
    assert twice.json()["counts"]["received"] == 0
    assert editions(county) == after
    assert copy.headers["content-type"] == XLSX
    results = [row.cells[-1] for row in read_workbook(copy.content).sheets[0].rows]
    assert sum(result.startswith("没有变化") for result in results) == 170
    assert sum(result.startswith(("拒绝：", "须人工核对：")) for result in results) == 30
