"""Each signal and each reminder once, although several watch at once and although a watcher is killed."""

import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from supervising import messages, row, signals

from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.database import unit_of_work
from service_catalog.supervision.tables import AppealSignal, SignalRule
from service_catalog.supervision.watching import BATCH, Watched, watch

KILLS, SMALL = 8, 20
WATCHER = """
import sys
from datetime import datetime
import service_catalog.tables
from service_catalog.kernel.database import make_engine
from service_catalog.supervision import watching

url, at, watching.BATCH = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = make_engine(url)
print("here", flush=True)
sys.stdin.readline()
watching.watch(engine, clock=lambda: datetime.fromisoformat(at), progress=lambda what, done, total: print(done, flush=True))
sys.stdin.read()
"""


def fill(engine: Engine, count: int, at: datetime) -> None:
    """Write appeals that were due at the end of February, one half of them gravely late."""
    since = at - timedelta(days=20)
    with unit_of_work(engine) as session:
        session.add_all(
            row(
                f"26{number:010}", since, deadline_on=date(2026, 2, 27), warn_on=date(2026, 2, 26),
                grave_on=date(2026, 3, 4) if number % 2 else date(2026, 3, 20), next_alert_on=date(2026, 2, 26),
            )
            for number in range(count)
        )  # fmt: skip


def what_was_done(engine: Engine) -> tuple[Counter[str], Counter[str]]:
    raised = Counter(f"{signal.rule.value}:{signal.number}" for signal in signals(engine))
    posted = Counter(":".join(message.once.split(":")[:2]) for message in messages(engine))
    return raised, posted


def expected(count: int) -> Counter[str]:
    late = Counter(f"overdue:26{number:010}" for number in range(count))
    return late + Counter(f"long_overdue:26{number:010}" for number in range(1, count, 2))


def test_four_watchers_at_once_raise_each_signal_once(engine: Engine, now: datetime) -> None:
    count, together = 3 * BATCH, Barrier(4)
    fill(engine, count, now)

    def look(_: int) -> Watched:
        together.wait(timeout=30)
        return watch(engine, clock=lambda: now)

    with ThreadPoolExecutor(4) as pool:
        looks = list(pool.map(look, range(4)))

    assert sum(one.appeals for one in looks) == count
    assert sum(one.raised.total() for one in looks) == count * 3 // 2
    assert sum((one.raised for one in looks), Counter())[SignalRule.LONG_OVERDUE] == count // 2
    assert what_was_done(engine) == (expected(count), expected(count))


def start(engine: Engine, at: datetime) -> "subprocess.Popen[str]":
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WATCHER, url, at.isoformat(), str(SMALL)]
    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert line_of(made) == "here"
    return made


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill_in_the_middle(engine: Engine, at: datetime, seconds: float) -> None:
    """Let a watcher finish a batch, and kill it so much later."""
    watcher = start(engine, at)
    assert watcher.stdin is not None
    watcher.stdin.write("go\n")
    watcher.stdin.flush()
    line_of(watcher)
    with pytest.raises(subprocess.TimeoutExpired):
        watcher.wait(timeout=seconds)
    watcher.kill()
    watcher.communicate(timeout=30)


def wait_for_what_the_dead_one_held(engine: Engine) -> None:
    """The server may still be ending the transaction of a client that is gone."""
    with unit_of_work(engine) as session:
        session.execute(select(col(Appeal.number)).with_for_update()).all()


def left(engine: Engine) -> int:
    with Session(engine) as session:
        return int(
            session.execute(select(func.count()).where(col(Appeal.next_alert_on) <= date(2026, 3, 10))).scalar_one()
        )


def test_a_watcher_that_is_killed_eight_times_raises_nothing_twice_and_loses_nothing(
    engine: Engine, now: datetime
) -> None:
    count, moments = 60 * SMALL, random.Random(20260310)
    fill(engine, count, now)
    leftover = [count]
    for _ in range(KILLS):
        kill_in_the_middle(engine, now, moments.uniform(0.0, 0.1))
        wait_for_what_the_dead_one_held(engine)
        leftover.append(left(engine))
        with Session(engine) as session:
            raised = session.execute(select(func.count()).select_from(AppealSignal)).scalar_one()
        assert raised == (count - leftover[-1]) * 3 // 2
    assert 0 < leftover[-1] < count
    assert all(after < before for before, after in pairwise(leftover))

    watch(engine, clock=lambda: now)

    assert left(engine) == 0
    assert what_was_done(engine) == (expected(count), expected(count))
