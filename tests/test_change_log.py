"""The change log: append-only, numbered in commit order, one with the change itself."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

import pytest
from builders import BANNER_BUREAU, EDITOR, ITEM, REVIEWER, decision, item_content, publish_item, publish_local
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from service_catalog.basic_items import editing
from service_catalog.changes import log
from service_catalog.changes.tables import Change, ChangeKind, Subject
from service_catalog.coding import aliases
from service_catalog.implementations import claiming
from service_catalog.kernel.database import reading, unit_of_work

TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)


class Written(NamedTuple):
    """A change as a reader of the log sees it."""

    number: int
    subject: Subject
    code: str
    kind: ChangeKind
    edition: int | None
    by: str
    at: datetime


def changes(engine: Engine, after: int = 0) -> list[Written]:
    with reading(engine) as session:
        return [
            Written(**change.model_dump(exclude={"digest"})) for change in log.changes_after(session, after, 10_000)
        ]


def numbers(engine: Engine) -> list[int]:
    return [change.number for change in changes(engine)]


def note(session: Session, code: str, now: datetime) -> None:
    log.record(session, Subject.AGENCY, code, by=EDITOR, at=now)


def test_changes_are_counted_from_one_without_a_gap(engine: Engine) -> None:
    written = numbers(engine)

    assert written == list(range(1, len(written) + 1))
    with reading(engine) as session:
        assert log.last_number(session) == written[-1]


def test_every_accepted_effect_is_one_change(engine: Engine, session: Session, now: datetime) -> None:
    before = numbers(engine)[-1]
    code = publish_local(session, BANNER_BUREAU, "4")
    publish_item(session, ITEM, item_content(name="居住证办理"), at=now, effective_from=TODAY)
    editing.suspend(session, ITEM, decision(TODAY), by=REVIEWER, at=now)
    claiming.cancel(session, code, decision(TODAY), by=REVIEWER, at=now)
    aliases.replace_code(
        session, "150709009000", [ITEM], act_kind="merge", valid_from=TODAY, document_number="一号", by=EDITOR, at=now
    )
    session.commit()

    written = changes(engine, before)

    assert [(c.subject, c.code, c.kind, c.edition, c.by) for c in written] == [
        (Subject.IMPLEMENTATION, code, ChangeKind.UPSERT, 1, REVIEWER.name),
        (Subject.BASIC_ITEM, ITEM, ChangeKind.UPSERT, 2, REVIEWER.name),
        (Subject.BASIC_ITEM, ITEM, ChangeKind.UPSERT, None, REVIEWER.name),
        (Subject.IMPLEMENTATION, code, ChangeKind.END, None, REVIEWER.name),
        (Subject.CODE, "150709009000", ChangeKind.UPSERT, None, EDITOR.name),
    ]
    assert [c.at for c in written[1:]] == [now] * 4


def test_work_in_the_office_is_no_change_for_the_public(engine: Engine, session: Session, now: datetime) -> None:
    before = numbers(engine)
    editing.draft(session, ITEM, item_content(), by=EDITOR, at=now)
    editing.submit(session, ITEM, by=EDITOR, at=now)
    editing.send_back(session, ITEM, "请补充", by=REVIEWER, at=now)
    editing.take_back(session, ITEM, by=EDITOR, at=now)
    editing.submit(session, ITEM, by=EDITOR, at=now)
    editing.approve(session, ITEM, by=REVIEWER, at=now)
    editing.withdraw(session, ITEM, by=REVIEWER, at=now)
    session.commit()

    assert numbers(engine) == before


def test_taking_back_what_was_announced_is_a_change(engine: Engine, session: Session, now: datetime) -> None:
    publish_item(session, ITEM, item_content(), at=now, effective_from=APRIL)
    session.commit()
    before = numbers(engine)

    editing.withdraw(session, ITEM, by=REVIEWER, at=now)
    session.commit()

    assert numbers(engine) == [*before, before[-1] + 1]


def test_a_refused_request_leaves_no_change(engine: Engine, now: datetime) -> None:
    before = numbers(engine)

    def note_and_fail(session: Session) -> None:
        note(session, "one", now)
        editing.cancel(session, "150709777000", decision(TODAY), by=REVIEWER, at=now)

    with pytest.raises(editing.NoSuchItem), unit_of_work(engine) as session:
        note_and_fail(session)

    with unit_of_work(engine) as session:
        note(session, "two", now)

    assert numbers(engine) == [*before, before[-1] + 1]
    assert changes(engine)[-1].code == "two"


def test_a_session_that_rolled_back_can_go_on_and_writes_only_what_came_after(engine: Engine, now: datetime) -> None:
    with Session(engine.execution_options(catalog_writes=True)) as session:
        note(session, "dropped", now)
        session.rollback()
        note(session, "kept", now)
        session.commit()
        note(session, "also kept", now)
        session.commit()

    assert [change.code for change in changes(engine)[-2:]] == ["kept", "also kept"]


def test_a_savepoint_that_is_rolled_back_takes_its_changes_along(engine: Engine, now: datetime) -> None:
    before = numbers(engine)
    with unit_of_work(engine) as session:
        note(session, "one", now)
        outer = session.begin_nested()
        note(session, "two", now)
        with session.begin_nested():
            note(session, "three", now)
        outer.rollback()
        with session.begin_nested():
            note(session, "four", now)
        inner = session.begin_nested()
        note(session, "five", now)
        inner.rollback()
        note(session, "six", now)

    written = changes(engine, before[-1])

    assert [change.code for change in written] == ["one", "four", "six"]
    assert [change.number for change in written] == [before[-1] + n for n in (1, 2, 3)]


def test_a_savepoint_inside_a_rolled_back_transaction_leaves_nothing(engine: Engine, now: datetime) -> None:
    before = numbers(engine)

    with Session(engine.execution_options(catalog_writes=True)) as session:
        with session.begin_nested():
            note(session, "one", now)
        session.rollback()
        session.commit()

    assert numbers(engine) == before


def test_a_reader_walks_the_log_in_pages(engine: Engine) -> None:
    walked: list[int] = []
    with reading(engine) as session:
        while page := log.changes_after(session, walked[-1] if walked else 0, 3):
            assert len(page) <= 3
            walked += [change.number for change in page]

    assert walked == numbers(engine)


WRITES: list[Callable[[Session], object]] = [
    lambda session: session.execute(text("UPDATE change SET code = 'x' WHERE number = 1")),
    lambda session: session.execute(text("UPDATE change SET number = number + 1000")),
    lambda session: session.execute(text("DELETE FROM change WHERE number = 1")),
    lambda session: session.execute(text("DELETE FROM change")),
    lambda session: session.execute(
        text("TRUNCATE change" if session.get_bind().dialect.name == "postgresql" else "DELETE FROM change")
    ),
]


@pytest.mark.parametrize("write", WRITES, ids=["edit", "renumber", "drop one", "drop all", "empty"])
def test_the_database_refuses_to_edit_or_drop_a_change(engine: Engine, write: Callable[[Session], object]) -> None:
    before = changes(engine)

    with pytest.raises(DBAPIError, match="append-only"), unit_of_work(engine) as session:
        write(session)

    assert changes(engine) == before


def test_a_number_is_given_once(engine: Engine, now: datetime) -> None:
    with pytest.raises(DBAPIError), unit_of_work(engine) as session:
        session.add(
            Change(
                number=1,
                subject=Subject.AGENCY,
                code="x",
                kind=ChangeKind.UPSERT,
                edition=None,
                by="甲",
                at=now,
                digest="0",
            )
        )
