"""A copy kept up to date while it is served: one thread follows the centre, another hands appeals over to it."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Event, Thread

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from service_catalog.attachments.storage import open_storage
from service_catalog.kernel.database import make_engine, reading
from service_catalog.kernel.errors import CatalogError, Unavailable
from service_catalog.replica.centre import HttpCentre
from service_catalog.replica.following import Follower, Progress, position_of
from service_catalog.replica.forwarding import forward_waiting
from service_catalog.replica.own_range import ensure_range
from service_catalog.replica.waiting import count_waiting
from service_catalog.settings import Settings
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.retrying import Retries
from service_catalog.vault import open_vault

log = logging.getLogger("service_catalog")
FIRST_PAUSE = 0.5
"""Seconds between the first two tries of one request, at most; each further pause may be twice as long."""
HAND_OVER_EVERY = 5.0
"""Seconds between two looks at what waits, at most."""


def open_follower(settings: Settings, engine: Engine, *, clock: Callable[[], datetime]) -> Follower:
    """Return the follower of the copy that the settings name; `engine` must not check references."""
    assert settings.replica_of is not None
    key = settings.replica_key
    longest = settings.replica_longest_pause_seconds
    retries = Retries(
        attempts=3, seconds=settings.replica_timeout_seconds * 4, first=min(FIRST_PAUSE, longest), longest=longest
    )
    client = CatalogClient(
        settings.replica_of, key=key.get_secret_value() if key else None, timeout=settings.replica_timeout_seconds,
        retries=retries,
    )  # fmt: skip
    path = Path(str(engine.url.database)).resolve()
    return Follower(
        engine, client, centre=settings.replica_of.rstrip("/"), region=settings.replica_region,
        folder=path.parent / f"{path.name}-incoming", clock=clock,
    )  # fmt: skip


class Keeper:
    """The two threads of one copy."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime], progress: Progress | None = None) -> None:
        self.settings, self.clock, self.progress = settings, clock, progress
        self.engine = make_engine(settings.database_url, checks_references=False)
        self.follower = open_follower(settings, self.engine, clock=clock)
        self.stopping = Event()
        self.threads = [Thread(target=self._follow, daemon=True), Thread(target=self._hand_over, daemon=True)]

    def start(self) -> None:
        """Begin to follow."""
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self.stopping.set()

    def _follow(self) -> None:
        pauses = Random()  # noqa: S311 - spreads pauses, guards nothing
        failures = 0
        while not self.stopping.is_set():
            failures = 0 if self._pull() else failures + 1
            pause = 2.0 ** min(failures, 30) if failures else 1.0 / (1 + self.settings.replica_wait_seconds)
            self.stopping.wait(min(pause, self.settings.replica_longest_pause_seconds) * (0.5 + pauses.random() / 2))

    def _pull(self) -> bool:
        """Go one round; returns whether the copy is up to date. Whatever is wrong, the next round may be better."""
        try:
            self.follower.pull(wait=self.settings.replica_wait_seconds, progress=self.progress)
        except (CatalogError, OperationalError, OSError) as error:
            log.warning("the copy was not brought up to date: %s", error)
            return False
        except Exception:  # a thread that ends here would leave a copy that grows old for ever
            log.exception("the copy was not brought up to date")
            return False
        self._report()
        return True

    def _report(self) -> None:
        """Tell the centre how far this copy has come; nobody's copy stands still for that."""
        try:
            self._say_how_far()
        except (CatalogError, OperationalError, OSError) as error:
            log.info("the centre was not told how far this copy has come: %s", error)

    def _say_how_far(self) -> None:
        name = self.settings.replica_name
        if name is None or self.settings.replica_key is None:
            return
        with reading(self.engine) as session:
            state = position_of(session)
            waiting = count_waiting(session)
        assert state is not None
        self.follower.client.report(
            name, "replica", region=self.settings.replica_region, change_number=state.change_number,
            confirmed_at=state.confirmed_at, waiting_appeals=waiting,
        )  # fmt: skip

    def _hand_over(self) -> None:
        centre, vault = HttpCentre(self.settings), open_vault(self.settings)
        storage = open_storage(self.settings.attachments_url, endpoint=self.settings.attachments_endpoint)
        while not self.stopping.is_set():
            try:
                if self.settings.replica_name is not None:
                    ensure_range(self.engine, centre, self.settings.replica_name, at=self.clock())
                    forward_waiting(self.engine, vault, storage, centre, clock=self.clock)
            except (Unavailable, OperationalError, OSError) as error:
                log.info("appeals wait: %s", error)
            except Exception:
                log.exception("appeals wait")
            self.stopping.wait(min(HAND_OVER_EVERY, self.settings.replica_longest_pause_seconds))
