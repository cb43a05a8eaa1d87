"""A process that is killed while it imports leaves all of it or nothing, whenever it is killed."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from builders import EDITOR
from county import AGENCIES, editions, found_county, workbook_of
from databases import Server
from sqlalchemy import Engine, func, select

from service_catalog.exchange.importing import HandIn, apply, dry_run
from service_catalog.exchange.workbook import read_workbook
from service_catalog.implementations.tables import Implementation
from service_catalog.kernel.database import make_engine, reading, unit_of_work

ROWS = 12
IMPORTER = """
import sys
from datetime import datetime
from pathlib import Path
from service_catalog.actors import Actor
from service_catalog.exchange.importing import HandIn, apply
from service_catalog.exchange.workbook import read_workbook
from service_catalog.kernel.database import make_engine, unit_of_work

url, file, digest, at, moment = sys.argv[1:]

def wait_to_be_killed():
    print("here", flush=True)
    sys.stdin.read()

def progress(what, done, total):
    if moment == f"{what.split()[-1]} {done}":
        wait_to_be_killed()

content = Path(file).read_bytes()
with unit_of_work(make_engine(url)) as session:
    apply(session, HandIn(content, read_workbook(content)), digest=digest, by=Actor("编辑甲"),
          at=datetime.fromisoformat(at), progress=progress)
if moment == "committed":
    wait_to_be_killed()
"""


@pytest.fixture
def county(server: Server) -> Iterator[Engine]:
    with server.copy_of(server.template("county", found_county)) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.mark.parametrize(
    ("moment", "left"),
    [("comparing 7", 0), ("writing 6", 0), (f"writing {ROWS}", 0), ("committed", ROWS)],
)
def test_killing_an_import_leaves_all_or_nothing(
    county: Engine, tmp_path: Path, now: datetime, moment: str, left: int
) -> None:
    rows = [{"事项名称": "居住证申领", "实施主体编码": code, "到办事现场次数": 0} for code in AGENCIES[:ROWS]]
    content = workbook_of({"实施清单": rows})
    file = tmp_path / "list.xlsx"
    file.write_bytes(content)
    handed = HandIn(content, read_workbook(content))
    with reading(county) as session:
        digest = dry_run(session, handed, by=EDITOR, at=now).digest
    url = county.url.render_as_string(hide_password=False)
    county.dispose()

    process = subprocess.Popen(
        [sys.executable, "-c", IMPORTER, url, str(file), digest, now.isoformat(), moment],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()

    assert process.returncode == -9
    assert len(editions(county)) == left
    with reading(county) as session:
        assert session.execute(select(func.count()).select_from(Implementation)).scalar_one() == left
    with unit_of_work(county) as session:
        anew = dry_run(session, handed, by=EDITOR, at=now).digest
        report = apply(session, handed, digest=anew, by=EDITOR, at=now)
    assert (report.counts.received, report.counts.unchanged) == (ROWS - left, left)
    assert len(editions(county)) == ROWS
