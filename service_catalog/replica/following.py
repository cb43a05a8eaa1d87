"""Following the centre: a snapshot to begin with, then the feed, page after page, each in one transaction with its number.

Killed at any moment, it goes on from the last page that was committed: applying a page again leaves what it left before.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.kernel.errors import Conflict, Said
from service_catalog.regions.tables import Region
from service_catalog.replica.applying import apply, empty, prepare_copy
from service_catalog.replica.tables import ReplicaState
from service_catalog.sync.answers import SnapshotNeeded
from service_catalog.sync.client import CatalogClient
from service_catalog.sync.pages import FeedItem, Page, ScopeAsked
from service_catalog.sync.snapshot_files import read_snapshot

AT_ONCE = 2_000
"""Items of a snapshot that are placed together."""
Progress = Callable[[str, int, int | None], object]
"""Called with what is being done, how much is done, and how much there is (None: nobody knows)."""


class NoCopy(Conflict):
    """The database holds a catalogue of its own; a copy would overwrite it."""

    title = Said("这个数据库不是副本", "This database is no copy")


class Pulled(NamedTuple):
    """What a round brought: where the copy stands now, how many items came, whether by a snapshot."""

    change_number: int
    items: int
    by_snapshot: bool


def scope_of(region: str | None) -> ScopeAsked:
    """Return what a copy follows: what the guides of a region need, and what has ended too."""
    return {"region": region, "surroundings": True, "ended": "documents"}


class Position(NamedTuple):
    """How far a copy has come."""

    centre: str
    region_code: str | None
    change_number: int
    confirmed_at: datetime
    confirmed_here_at: datetime | None


def position_of(session: Session) -> Position | None:
    """Return how far this copy has come; None before its first snapshot."""
    row = session.get(ReplicaState, 1)
    if row is None:
        return None
    return Position(row.centre, row.region_code, row.change_number, row.confirmed_at, row.confirmed_here_at)


class Follower:
    """One copy and its centre. `engine` must not check references (kernel/database.py)."""

    def __init__(
        self, engine: Engine, client: CatalogClient, *, centre: str, region: str | None, folder: Path,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.engine, self.client, self.centre, self.region = engine, client, centre, region
        self.folder, self.clock = folder, clock

    def pull(self, *, wait: int = 0, progress: Progress | None = None) -> Pulled:
        """Bring the copy to where the centre stands; raises what the client raises, and NoCopy.

        `wait`: seconds for which the centre may hold the last page back until something changes.
        """
        tell = progress or _silent
        position = self.demand_copy()
        if position is None or (position.centre, position.region_code) != (self.centre, self.region):
            return self._begin_and_follow(position, tell)
        try:
            return self._follow(position.change_number, wait, tell)
        except SnapshotNeeded:
            return self._begin_and_follow(position, tell)

    def demand_copy(self) -> Position | None:
        """Return how far the copy has come; raises NoCopy where the database is none."""
        with reading(self.engine) as session:
            position = position_of(session)
            if position is None and session.scalars(select(col(Region.code)).limit(1)).first() is not None:
                raise NoCopy(
                    "数据库中已有自己的目录，请换一个数据库文件", "it has a catalogue of its own; name another file"
                )
        return position

    def _follow(self, after: int, wait: int, tell: Progress) -> Pulled:
        count, number = 0, after
        for page in self.client.pages(after, wait=wait, max_age=0, **scope_of(self.region)):
            number = self._take(page, after)
            after = page.next_after
            count += len(page.items)
            tell("变更 changes", count, None)
        return Pulled(number, count, by_snapshot=False)

    def _take(self, page: Page, after: int) -> int:
        """Apply a page that follows `after`; the last one says that there is nothing newer up to where the log stood when it was made."""
        number = page.change_number if page.is_last else page.next_after
        with unit_of_work(self.engine) as session:
            state = session.get_one(ReplicaState, 1)
            if not after <= state.change_number <= number:  # another follower was faster, or has begun anew
                return state.change_number
            if page.items or number != state.change_number:
                apply(session, page.items, head=number, at=self.clock())
            state.change_number = number
            if page.is_last:
                state.confirmed_here_at = self.clock()
                state.confirmed_at = page.made_at or state.confirmed_here_at
        return number

    def _begin_and_follow(self, before: Position | None, tell: Progress) -> Pulled:
        """Begin anew: a snapshot may have been made an hour ago, so the feed goes on from there at once."""
        begun = self._begin(before, tell)
        followed = self._follow(begun.change_number, 0, tell)
        return Pulled(followed.change_number, begun.items + followed.items, by_snapshot=True)

    def _begin(self, before: Position | None, tell: Progress) -> Pulled:
        """Take a snapshot, in place of everything that is here; not where another follower of this copy was faster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / "snapshot.ndjson"
        self.client.snapshot(
            target, progress=lambda done, total: tell("下载 bytes", done, total), **scope_of(self.region)
        )
        header, items = read_snapshot(target)
        with unit_of_work(self.engine) as session:
            now = position_of(session)
            if now is not None and (before is None or now.change_number != before.change_number):
                return Pulled(now.change_number, 0, by_snapshot=True)
            prepare_copy(session)
            empty(session)
            portion: list[FeedItem] = []
            count = 0
            for item in items:
                portion.append(item)
                if len(portion) == AT_ONCE:
                    apply(session, portion, head=header.change_number, at=self.clock())
                    count += len(portion)
                    portion = []
                    tell("写入 items", count, header.items)
            apply(session, portion, head=header.change_number, at=self.clock())
            count += len(portion)
            tell("写入 items", count, header.items)
            self._stand(session, header.change_number, header.made_at)
        target.unlink(missing_ok=True)
        return Pulled(header.change_number, count, by_snapshot=True)

    def _stand(self, session: Session, number: int, made_at: str) -> None:
        state = session.get(ReplicaState, 1) or ReplicaState(
            id=1, centre=self.centre, change_number=0, confirmed_at=self.clock()
        )
        state.centre, state.region_code, state.change_number = self.centre, self.region, number
        state.confirmed_at, state.confirmed_here_at = datetime.fromisoformat(made_at).astimezone(UTC), None
        session.add(state)


def _silent(what: str, done: int, total: int | None) -> None:
    """Say nothing."""
