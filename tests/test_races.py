"""Writers at the same moment, on real connections: they follow each other, and no reader skips a change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier, Event
from typing import TypeVar

import pytest
from builders import BANNER, BANNER_BUREAU, EDITOR, ITEM, REVIEWER, decision, item_content, publish_item, publish_local
from sqlalchemy import Engine, select, text
from sqlmodel import Session, col

from service_catalog.basic_items import editing
from service_catalog.basic_items.tables import BasicItemEdition
from service_catalog.changes import log
from service_catalog.changes.tables import Subject
from service_catalog.coding import allocation
from service_catalog.implementations import claiming
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import CatalogError
from service_catalog.lifecycle.reviewing import OpenEditionExists, StaleRevision
from service_catalog.lifecycle.standing import AlreadyCancelled
from service_catalog.lifecycle.states import WorkState
from service_catalog.regions.mapping import establish_zone
from service_catalog.regions.tree import RegionLevel

T = TypeVar("T")
WRITERS = 8
TODAY, APRIL = date(2026, 3, 10), date(2026, 4, 1)


def at_once(engine: Engine, verb: Callable[[Session], T], writers: int = WRITERS) -> list[T | CatalogError]:
    """Run a verb in so many transactions at the same moment; a refusal by name is an answer, anything else is raised."""
    start = Barrier(writers)

    def write() -> T | CatalogError:
        start.wait()
        try:
            with unit_of_work(engine) as session:
                return verb(session)
        except CatalogError as refused:
            return refused

    with ThreadPoolExecutor(writers) as pool:
        return [job.result() for job in [pool.submit(write) for _ in range(writers)]]


def one_wins(answers: list[T | CatalogError], refusal: type[CatalogError]) -> bool:
    refused = [answer for answer in answers if isinstance(answer, CatalogError)]
    return len(refused) == len(answers) - 1 and all(isinstance(answer, refusal) for answer in refused)


def new_item(session: Session, now: datetime) -> str:
    return allocation.allocate_basic_code(
        session, namespace="15", item_type="01", department="09", allocatable=frozenset({"15"}),
        document_number="阿署发〔2026〕1号", by=EDITOR, at=now,
    )  # fmt: skip


def set_counter(engine: Engine, series: str, number: int) -> None:
    with unit_of_work(engine) as session:
        session.execute(text("DELETE FROM code_series WHERE series = :s"), {"s": series})
        session.execute(
            text("INSERT INTO code_series (series, last_number) VALUES (:s, :n)"), {"s": series, "n": number}
        )


def test_codes_given_out_at_once_are_different_and_follow_each_other(engine: Engine, now: datetime) -> None:
    codes = at_once(engine, lambda session: new_item(session, now))

    assert sorted(map(str, codes)) == [f"150109{n:03}000" for n in range(1, WRITERS + 1)]


def test_sub_items_given_out_at_once_follow_each_other(engine: Engine, now: datetime) -> None:
    codes = at_once(
        engine,
        lambda session: allocation.allocate_sub_item_code(
            session, ITEM, allocatable=frozenset({"15"}), document_number="一号", by=EDITOR, at=now
        ),
    )

    assert sorted(map(str, codes)) == [f"150709001{n:03}" for n in range(1, WRITERS + 1)]


def test_serials_given_out_at_once_pass_over_those_the_standard_has(engine: Engine, now: datetime) -> None:
    serials = at_once(engine, lambda session: allocation.allocate_serial(session, ITEM, by=EDITOR, at=now))

    assert sorted(map(str, serials)) == [f"{n:02}" for n in range(3, WRITERS + 3)], "01 and 02 are in the standard"


def test_the_last_numbers_of_a_range_are_given_out_and_the_rest_refused(engine: Engine, now: datetime) -> None:
    set_counter(engine, "150109", 996)
    set_counter(engine, ITEM, 96)

    mains = at_once(engine, lambda session: new_item(session, now))
    serials = at_once(engine, lambda session: allocation.allocate_serial(session, ITEM, by=EDITOR, at=now))

    assert sorted(code for code in mains if isinstance(code, str)) == [f"150109{n}000" for n in (997, 998, 999)]
    assert sorted(code for code in serials if isinstance(code, str)) == ["97", "98", "99"]
    refused = [code for code in [*mains, *serials] if not isinstance(code, str)]
    assert {type(refusal) for refusal in refused} == {allocation.CodeRangeFull}


def test_two_drafts_of_one_item_at_once_are_one_draft(engine: Engine, now: datetime) -> None:
    answers = at_once(engine, lambda session: editing.draft(session, ITEM, item_content(), by=EDITOR, at=now))

    assert one_wins(answers, OpenEditionExists)


def test_two_drafts_of_one_local_part_at_once_are_one_draft(engine: Engine, now: datetime) -> None:
    with unit_of_work(engine) as session:
        code = publish_local(session, BANNER_BUREAU, "4")
    offered = {"availability": {"status": "offered"}}

    answers = at_once(engine, lambda session: claiming.draft(session, code, offered, by=EDITOR, at=now))

    assert one_wins(answers, OpenEditionExists)


def test_two_claims_at_once_are_one_claim(engine: Engine, now: datetime) -> None:
    answers = at_once(
        engine,
        lambda session: claiming.claim(
            session, agency_code=BANNER_BUREAU, exercise_level="4", basic_code=ITEM, by=EDITOR, at=now
        ),
    )

    assert one_wins(answers, claiming.AlreadyClaimed)


def test_one_code_registered_twice_at_once_is_registered_once(engine: Engine, now: datetime) -> None:
    answers = at_once(
        engine,
        lambda session: allocation.register_basic_code(
            session, "150709050000", document_number="一号", by=EDITOR, at=now
        ),
    )

    assert one_wins(answers, allocation.CodeAlreadyIssued)


def test_one_item_established_twice_at_once_is_established_once(engine: Engine, now: datetime) -> None:
    with unit_of_work(engine) as session:
        allocation.register_basic_code(session, "150709050000", document_number="一号", by=EDITOR, at=now)

    answers = at_once(
        engine,
        lambda session: editing.establish(
            session, "150709050000", parent_basic_code=None, decision=decision(TODAY), by=EDITOR, at=now
        ),
    )

    assert one_wins(answers, editing.ItemExists)


def test_zones_established_at_once_get_codes_of_their_own(engine: Engine, now: datetime) -> None:
    def zone(session: Session) -> str:
        return establish_zone(
            session, name="口岸", level=RegionLevel.TOWNSHIP, parent_code=BANNER, members=[], document_number="一号",
            valid_from=TODAY, by=EDITOR, at=now,
        ).code  # fmt: skip

    assert sorted(map(str, at_once(engine, zone, writers=4))) == [f"152921Z0{n}000" for n in (1, 2, 3, 4)]


def test_an_edition_is_published_once(engine: Engine, now: datetime) -> None:
    with unit_of_work(engine) as session:
        editing.draft(session, ITEM, item_content(), by=EDITOR, at=now)
        editing.submit(session, ITEM, by=EDITOR, at=now)
        editing.approve(session, ITEM, by=REVIEWER, at=now)

    answers = at_once(engine, lambda session: editing.publish(session, ITEM, by=REVIEWER, at=now))

    assert sum(not isinstance(answer, CatalogError) for answer in answers) == 1
    with reading(engine) as session:
        states = session.scalars(select(col(BasicItemEdition.state)).order_by(col(BasicItemEdition.number))).all()
    assert states == [WorkState.SUPERSEDED, WorkState.PUBLISHED]


def test_of_two_who_revise_the_same_revision_one_is_stale(engine: Engine, now: datetime) -> None:
    with unit_of_work(engine) as session:
        editing.draft(session, ITEM, item_content(), by=EDITOR, at=now)

    answers = at_once(
        engine,
        lambda session: editing.revise(session, ITEM, item_content(), expected_revision=1, by=EDITOR, at=now),
    )

    assert one_wins(answers, StaleRevision)


def test_an_item_is_cancelled_once(engine: Engine, now: datetime) -> None:
    answers = at_once(engine, lambda session: editing.cancel(session, ITEM, decision(APRIL), by=REVIEWER, at=now))

    assert one_wins(answers, AlreadyCancelled)


def test_a_reader_who_walks_by_number_skips_nothing_while_many_write(engine: Engine, now: datetime) -> None:
    each, done = 12, Event()
    with reading(engine) as session:
        first = log.last_number(session)

    def write(writer: int) -> int:
        kept = 0
        for turn in range(each):
            with unit_of_work(engine) as session:
                for part in range(turn % 3 + 1):
                    log.record(session, Subject.AGENCY, f"{writer}-{turn}-{part}", by=EDITOR, at=now)
                session.execute(text("SELECT 1"))
                if (writer + turn) % 4 == 0:
                    session.rollback()
                    continue
                kept += turn % 3 + 1
        return kept

    def walk() -> list[int]:
        seen: list[int] = []
        last_round = False
        while True:
            with reading(engine) as session:
                page = [change.number for change in log.changes_after(session, seen[-1] if seen else first, 7)]
            seen += page
            if not page and last_round:
                return seen
            last_round = done.is_set()

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        readers = [pool.submit(walk) for _ in range(2)]
        kept = sum(job.result() for job in [pool.submit(write, n) for n in range(WRITERS)])
        done.set()

    for reader in readers:
        assert reader.result() == list(range(first + 1, first + kept + 1))


def test_a_slow_writer_is_numbered_when_it_commits_not_when_it_begins(engine: Engine, now: datetime) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with unit_of_work(engine) as slow:
        log.record(slow, Subject.AGENCY, "slow", by=EDITOR, at=now)
        slow.execute(text("UPDATE agency SET nature = nature"))
        with unit_of_work(engine) as quick:
            log.record(quick, Subject.AGENCY, "quick", by=EDITOR, at=now)

    with reading(engine) as session:
        last = log.last_number(session)
        assert [change.code for change in log.changes_after(session, last - 2, 10)] == ["quick", "slow"]


def test_writers_wait_for_each_other_and_none_fails(engine: Engine, now: datetime) -> None:
    def publish(session: Session) -> None:
        number = session.execute(text("SELECT count(*) FROM basic_item_edition")).scalar_one()
        publish_item(session, ITEM, item_content(quantity_limit=f"每人{number}证"), at=now, effective_from=TODAY)

    first = Event()

    def hold() -> None:
        with unit_of_work(engine) as session:
            editing.lock_item(session, ITEM)
            first.set()
            publish(session)

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        first.wait()
        with unit_of_work(engine) as session:
            publish(session)
        holding.result()

    with reading(engine) as session:
        numbers = session.scalars(select(col(BasicItemEdition.number)).order_by(col(BasicItemEdition.number))).all()
    assert numbers == [1, 2, 3]
