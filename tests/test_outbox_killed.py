"""Several senders at once send each message once; a sender that is killed loses none, and doubles have one id."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from outboxes import messages, remind, send, settings_of, tell_at
from receiving import Receiver, receiving
from sqlalchemy import Engine

from service_catalog.kernel.database import unit_of_work
from service_catalog.outbox import leasing
from service_catalog.outbox.leasing import LEASE, MOST_ATTEMPTS, claim
from service_catalog.outbox.letters import letter_id
from service_catalog.outbox.tables import Way
from service_catalog.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock

KILLS, A_ROUND = 20, 20
SENDER = """
import sys
from datetime import datetime
from pathlib import Path
import service_catalog.tables
from service_catalog.kernel.database import make_engine
from service_catalog.outbox.sending import send_waiting
from service_catalog.outbox.ways import ways_of
from service_catalog.settings import Settings

url, keys, at = sys.argv[1:]
settings = Settings(database_url=url, personal_keys_file=Path(keys), outbox_insecure_webhooks=True)
engine, ways = make_engine(url), ways_of(settings)
print("here", flush=True)
sys.stdin.readline()
print(send_waiting(engine, ways, clock=lambda: datetime.fromisoformat(at), most=10_000).sent, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def settings(engine: Engine, tmp_path: Path) -> Settings:
    return settings_of(engine, tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def start(engine: Engine, folder: Path, at: datetime) -> "subprocess.Popen[str]":
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", SENDER, url, str(folder / "keys"), at.isoformat()]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def let_go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def fill(engine: Engine, onces: list[str], at: datetime) -> None:
    with unit_of_work(engine) as session:
        for once in onces:
            assert remind(session, at, once)


def test_four_senders_at_once_send_each_message_once(
    engine: Engine, settings: Settings, receiver: Receiver, tmp_path: Path, now: datetime
) -> None:
    tell_at(engine, settings, f"{receiver.address}/ok", now)
    onces = [f"overdue:{n}" for n in range(200)]
    fill(engine, onces, now)
    senders = [start(engine, tmp_path, now) for _ in range(4)]
    assert [line_of(sender) for sender in senders] == ["here"] * 4

    for sender in senders:
        let_go(sender)
    shares = [int(line_of(sender)) for sender in senders]
    for sender in senders:
        sender.communicate(timeout=30)

    assert sum(shares) == 200
    assert len([share for share in shares if share]) > 1
    assert Counter(receiver.ids()) == Counter(letter_id(once) for once in onces)
    assert [message.once for message in messages(engine) if message.sent_at is None] == []


def test_a_sender_that_is_killed_twenty_times_loses_nothing_and_doubles_have_one_id(
    engine: Engine, settings: Settings, receiver: Receiver, tmp_path: Path, clock: "Clock", now: datetime
) -> None:
    tell_at(engine, settings, f"{receiver.address}/ok", now)
    moments = random.Random(20260310)
    onces = [[f"{kill}:{n}" for n in range(A_ROUND)] for kill in range(KILLS)]
    sender = start(engine, tmp_path, clock.at)
    for batch in onces:
        fill(engine, batch, clock.at)
        assert line_of(sender) == "here"
        let_go(sender)
        for _ in range(moments.randint(1, 5)):
            receiver.arrived.get(timeout=30)
        with pytest.raises(
            subprocess.TimeoutExpired
        ):  # before the answer, before the note of it, or in the next message
            sender.wait(timeout=moments.uniform(0.0, 0.02))
        sender.kill()
        sender.communicate(timeout=30)
        clock.at += LEASE + timedelta(seconds=1)
        sender = start(engine, tmp_path, clock.at)
    sender.kill()
    sender.communicate(timeout=30)
    left = [message for message in messages(engine) if message.sent_at is None]

    send(engine, settings, clock)

    times = Counter(receiver.ids())
    contents = {(one.id, one.content) for one in receiver.got}
    assert set(times) == {letter_id(once) for batch in onces for once in batch}
    assert len(contents) == len(times) == KILLS * A_ROUND
    assert sum(times.values()) - len(times) <= KILLS
    assert [message.once for message in messages(engine) if message.sent_at is None] == []
    assert 0 < len(left) < KILLS * A_ROUND


def test_what_one_process_is_sending_no_other_takes_until_its_lease_ends(
    engine: Engine, settings: Settings, now: datetime
) -> None:
    tell_at(engine, settings, "https://oa.example.cn/hook", now)
    fill(engine, ["overdue:1"], now)
    ways = tuple(Way)
    first = claim(engine, ways, at=now)

    assert first is not None
    assert claim(engine, ways, at=now + LEASE - timedelta(seconds=1)) is None
    second = claim(engine, ways, at=now + LEASE)
    assert second is not None
    assert (second.letter.id, second.attempts) == (first.letter.id, 2)
    late = now + LEASE + timedelta(seconds=1)
    assert leasing.note_progress(engine, first, at=late) is None
    assert not leasing.note_sent(engine, first, at=late)
    assert not leasing.note_failure(engine, first, "late", for_good=True, at=late)
    assert leasing.note_sent(engine, second, at=late)
    assert not leasing.note_failure(engine, second, "twice", for_good=True, at=late)


def test_a_message_that_ends_every_process_is_given_up(
    engine: Engine, settings: Settings, receiver: Receiver, clock: "Clock", now: datetime
) -> None:
    tell_at(engine, settings, f"{receiver.address}/ok", now)
    fill(engine, ["overdue:1"], now)
    for _ in range(MOST_ATTEMPTS):
        assert claim(engine, tuple(Way), at=clock.at) is not None
        clock.at += LEASE

    assert send(engine, settings, clock).given_up == 1
    assert receiver.got == []
