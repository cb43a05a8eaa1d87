"""The outbox: a message exists when its cause does, goes out once, waits for who is away, and is never lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import BANNER, BANNER_BUREAU, LEAGUE, TOWNSHIP_STATION
from callers import OPERATOR
from hypothesis import given
from hypothesis import strategies as st
from outboxes import messages, remind, send, settings_of, tell_at
from receiving import Receiver, receiving
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from service_catalog.kernel.database import TextTooLong, unit_of_work
from service_catalog.outbox.addresses import reseal_secrets
from service_catalog.outbox.leasing import FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS, pause_after
from service_catalog.outbox.letters import letter_id
from service_catalog.outbox.posting import NoSuchMessage, post, try_again
from service_catalog.outbox.tables import Way
from service_catalog.settings import Settings
from service_catalog.vault import new_key, open_vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Clock


@pytest.fixture
def receiver() -> "Iterator[Receiver]":
    with receiving() as made:
        yield made


@pytest.fixture
def settings(engine: Engine, tmp_path: Path) -> Settings:
    return settings_of(engine, tmp_path)


def posted(engine: Engine, at: datetime, *onces: str) -> None:
    with unit_of_work(engine) as session:
        for once in onces or ("overdue:1",):
            assert remind(session, at, once)


def test_a_message_exists_exactly_when_what_caused_it_was_committed(engine: Engine, now: datetime) -> None:
    with Session(engine.execution_options(catalog_writes=True)) as session:
        assert remind(session, now)
        session.rollback()
    after_rollback = messages(engine)

    posted(engine, now)

    assert after_rollback == []
    assert [message.once for message in messages(engine)] == ["overdue:1"]


def test_the_same_message_is_posted_once(session: Session, now: datetime) -> None:
    assert remind(session, now)
    assert not remind(session, now + timedelta(days=1))
    assert remind(session, now, "overdue:2")


@pytest.mark.parametrize("commits", [True, False])
def test_of_two_transactions_that_post_the_same_message_one_does(engine: Engine, now: datetime, commits: bool) -> None:
    def second() -> bool:
        with unit_of_work(engine) as session:
            return remind(session, now)

    with ThreadPoolExecutor(1) as pool:
        with Session(engine.execution_options(catalog_writes=True)) as first:
            assert remind(first, now)
            waiting = pool.submit(second)
            (first.commit if commits else first.rollback)()
        is_new = waiting.result(timeout=20)

    assert is_new is not commits
    assert len(messages(engine)) == 1


def test_a_message_has_one_recipient_and_bounded_texts(session: Session, now: datetime) -> None:
    texts = {"once": "x", "kind": "k", "subject": "s", "body": "b"}
    for recipients in ({}, {"agency_code": BANNER_BUREAU, "region_code": BANNER}):
        with pytest.raises(IntegrityError), session.begin_nested():
            post(session, **texts, facts={}, at=now, **recipients)
    for name, most in (("once", 200), ("kind", 40), ("subject", 200), ("body", 8000)):
        with pytest.raises(TextTooLong, match=name):
            post(session, **texts | {name: "长" * (most + 1)}, facts={}, region_code=BANNER, at=now)


def test_a_receiver_can_check_who_sent_a_message(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    secret = tell_at(engine, settings, f"{receiver.address}/ok?unit=7", now)
    posted(engine, now)
    clock.at = now + timedelta(minutes=3)

    sent = send(engine, settings, clock)

    [got] = receiver.got
    assert sent == (1, 0, 0, 0)
    assert secret is not None
    assert got.is_signed_with(secret)
    assert not got.is_signed_with(secret[:-4] + "AAA=")
    assert got.path == "/ok?unit=7"
    assert got.headers["host"] == receiver.address.removeprefix("http://")
    assert got.headers["webhook-timestamp"] == str(int(clock.at.timestamp()))
    assert got.id == letter_id("overdue:1")
    assert (got.body["type"], got.body["timestamp"]) == ("appeal.overdue", "2026-03-10T01:00:00+00:00")
    assert got.body["data"] == {
        "subject": "逾期提醒 overdue:1", "body": "诉求已逾期，请办理。", "facts": {"rule": "overdue"},
    }  # fmt: skip
    assert send(engine, settings, clock) == (0, 0, 0, 0)
    assert messages(engine)[0].sent_at == clock.at


@pytest.mark.parametrize(
    ("path", "became", "error"),
    [
        ("500", "failed", "answered 500"),
        ("404", "failed", "answered 404"),
        ("410", "given_up", "answered 410"),
        ("redirect", "failed", "answered 307"),
        ("hang", "failed", "no answer"),
        ("drip", "failed", "no answer (TimeoutError)"),
        ("huge", "sent", None),
    ],
)
def test_a_receiver_that_behaves_badly_is_survived(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", path: str, became: str, error: str | None
) -> None:
    tell_at(engine, settings, f"{receiver.address}/{path}", clock.at)
    posted(engine, clock.at)

    sent = send(engine, settings, clock, seconds=0.5 if path in ("hang", "drip") else 15)

    [message] = messages(engine)
    assert (getattr(sent, became), sent.tried) == (1, 1)
    assert [one.path for one in receiver.got] == [f"/{path}"]
    assert error is None or error in (message.last_error or "")
    assert (message.given_up_at is not None, message.sent_at is not None) == (became == "given_up", became == "sent")
    assert message.leased_until is None


def test_a_message_that_failed_is_tried_again_later_and_given_up_in_the_end(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    tell_at(engine, settings, f"{receiver.address}/503", now)
    posted(engine, now)
    tries = []
    while (message := messages(engine)[0]).given_up_at is None:
        clock.at = message.not_before - timedelta(seconds=1)
        assert send(engine, settings, clock).tried == 0
        clock.at = message.not_before
        assert send(engine, settings, clock).tried == 1
        tries.append(clock.at)

    assert len(receiver.got) == len(tries) == message.attempts == MOST_ATTEMPTS
    assert len({(one.id, one.content) for one in receiver.got}) == 1
    assert timedelta(days=2) < tries[-1] - now < timedelta(days=5)
    clock.at += timedelta(days=30)
    assert send(engine, settings, clock).tried == 0


def test_a_message_that_was_given_up_can_be_tried_again(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    tell_at(engine, settings, f"{receiver.address}/410", now)
    posted(engine, now)
    assert send(engine, settings, clock).given_up == 1
    [message] = messages(engine)
    assert message.id is not None

    with unit_of_work(engine) as session:
        try_again(session, message.id, at=now)
        with pytest.raises(NoSuchMessage):
            try_again(session, message.id, at=now)

    assert send(engine, settings, clock).given_up == 1
    assert len(set(receiver.ids())) == 1


@given(st.integers(min_value=1, max_value=40))
def test_pauses_double_within_bounds(attempts: int) -> None:
    whole = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)

    assert whole / 2 <= pause_after(attempts) <= whole


def test_a_message_without_an_address_waits_for_one(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    posted(engine, now)
    clock.at = now + timedelta(days=90)
    assert send(engine, settings, clock).tried == 0
    assert messages(engine)[0].attempts == 0

    tell_at(engine, settings, f"{receiver.address}/ok", clock.at, agency=TOWNSHIP_STATION)
    assert send(engine, settings, clock).tried == 0
    tell_at(engine, settings, f"{receiver.address}/ok", clock.at)

    assert send(engine, settings, clock).sent == 1
    assert len(receiver.got) == 1


def test_an_address_that_has_a_message_does_not_get_it_again_because_another_is_down(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    for path in ("ok/1", "500", "ok/2"):
        tell_at(engine, settings, f"{receiver.address}/{path}", now)
    posted(engine, now)

    first = send(engine, settings, clock)
    clock.at += FIRST_PAUSE
    second = send(engine, settings, clock)

    assert (first.failed, second.failed) == (1, 1)
    assert [one.path for one in receiver.got] == ["/ok/1", "/500", "/ok/2", "/500"]
    assert len(set(receiver.ids())) == 1


def test_an_address_where_nobody_is_does_not_hold_up_the_others(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    tell_at(engine, settings, f"{receiver.address}/hang", now)
    tell_at(engine, settings, f"{receiver.address}/ok", now, agency=TOWNSHIP_STATION)
    posted(engine, now, *(f"overdue:{n}" for n in range(10)))
    with unit_of_work(engine) as session:
        remind(session, now, "other", agency=TOWNSHIP_STATION)

    sent = send(engine, settings, clock, seconds=0.3)

    assert (sent.sent, sent.failed) == (1, 10)
    assert [one.path for one in receiver.got] == ["/hang", "/ok"]


def test_messages_outlive_new_keys_of_the_site(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime, tmp_path: Path
) -> None:
    secret = tell_at(engine, settings, f"{receiver.address}/ok", now)
    posted(engine, now)
    keys = tmp_path / "keys"
    old = keys.read_text(encoding="ascii")
    keys.write_text(new_key() + "\n" + old, encoding="ascii")
    with unit_of_work(engine) as session:
        assert reseal_secrets(session, open_vault(settings)) == 1
        assert reseal_secrets(session, open_vault(settings)) == 0
    keys.write_text(keys.read_text(encoding="ascii").splitlines()[0], encoding="ascii")

    assert send(engine, settings, clock).sent == 1
    assert receiver.got[0].is_signed_with(secret or "")


def test_a_secret_that_cannot_be_opened_is_a_failure_and_no_unsigned_message(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime, tmp_path: Path
) -> None:
    tell_at(engine, settings, f"{receiver.address}/ok", now)
    posted(engine, now)
    (tmp_path / "keys").write_text(new_key(), encoding="ascii")

    assert send(engine, settings, clock).failed == 1
    assert receiver.got == []
    assert "cannot be opened" in (messages(engine)[0].last_error or "")


def test_a_region_s_office_is_told_like_an_agency(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:

    from service_catalog.staff.delivery import add_address

    with unit_of_work(engine) as session:
        for region in (LEAGUE, BANNER):
            add_address(
                session, settings, agency_code=None, region_code=region, way=Way.WEBHOOK,
                address=f"{receiver.address}/ok/{region}", by=OPERATOR, at=now,
            )  # fmt: skip
        post(session, once="x", kind="k", subject="s", body="b", facts={}, region_code=BANNER, at=now)

    assert send(engine, settings, clock).sent == 1
    assert [one.path for one in receiver.got] == [f"/ok/{BANNER}"]
