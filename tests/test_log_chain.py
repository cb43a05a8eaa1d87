"""The hash chain of the change log: whatever is done to the rows behind the product's back is seen."""

from collections.abc import Callable
from datetime import datetime

import pytest
from builders import EDITOR
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from service_catalog.changes import log
from service_catalog.changes.chain import verify
from service_catalog.changes.tables import Subject
from service_catalog.cli import app
from service_catalog.kernel.database import reading, unit_of_work

TAMPERED: dict[str, list[str]] = {
    "who did it": ["UPDATE change SET \"by\" = '另一人' WHERE number = 3"],
    "what it was about": ["UPDATE change SET code = 'other' WHERE number = 3"],
    "when it was": ["UPDATE change SET \"at\" = '2020-01-01 00:00:00' WHERE number = 3"],
    "the digest itself": ["UPDATE change SET digest = '0' WHERE number = 3"],
    "one row dropped": ["DELETE FROM change WHERE number = 3"],
    "one row dropped and the rest moved up": [
        "DELETE FROM change WHERE number = 3",
        "UPDATE change SET number = -number WHERE number > 3",
        "UPDATE change SET number = -number - 1 WHERE number < 0",
    ],
    "the end cut off": ["DELETE FROM change WHERE number > 3"],
    "everything dropped": ["DELETE FROM change"],
    "a row slipped in at the end": [
        'INSERT INTO change (number, subject, code, kind, "by", "at", digest) '
        'SELECT number + 1, subject, code, kind, "by", "at", digest FROM change ORDER BY number DESC LIMIT 1'
    ],
}


def write(engine: Engine, now: datetime, *codes: str) -> None:
    for code in codes:
        with unit_of_work(engine) as session:
            log.record(session, Subject.CODE, code, by=EDITOR, at=now)
            log.record(session, Subject.CODE, f"{code}-too", by=EDITOR, at=now)


def tamper(engine: Engine, statements: list[str]) -> None:
    """Do what somebody with the database's own password could do."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER change_no_{verb}"))
        else:
            connection.execute(text("ALTER TABLE change DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))


def is_whole(engine: Engine) -> bool:
    with reading(engine) as session:
        *_, verdict = verify(session)
    return verdict.broken is None


def test_a_log_that_nobody_touched_is_whole(empty_engine: Engine, now: datetime) -> None:
    empty = is_whole(empty_engine)

    write(empty_engine, now, "a", "b", "c")

    assert empty
    assert is_whole(empty_engine)


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_behind_the_products_back_is_seen(empty_engine: Engine, now: datetime, what: str) -> None:
    write(empty_engine, now, "a", "b", "c")

    tamper(empty_engine, TAMPERED[what])

    assert not is_whole(empty_engine)


def test_a_chain_rewritten_as_a_whole_is_caught_by_a_digest_kept_elsewhere(
    empty_engine: Engine, empty_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", empty_url)
    run: Callable[..., int] = lambda *words: CliRunner().invoke(app, ["verify-log", *words]).exit_code  # noqa: E731
    write(empty_engine, now, "a", "b")
    with empty_engine.connect() as connection:
        kept = str(connection.execute(text("SELECT digest FROM change_head")).scalar_one())
    before = run("--expect", kept)

    tamper(empty_engine, ["DELETE FROM change", "UPDATE change_head SET number = 0, digest = ''"])
    write(empty_engine, now, "a", "c")

    assert before == 0
    assert run() == 0
    assert run("--expect", kept) == 1


def test_the_command_names_the_first_row_that_is_not_as_written(
    empty_engine: Engine, empty_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_DATABASE_URL", empty_url)
    write(empty_engine, now, "a", "b", "c")
    tamper(empty_engine, TAMPERED["who did it"])

    result = CliRunner().invoke(app, ["verify-log"])

    assert result.exit_code == 1
    assert "第 3 条" in result.output
