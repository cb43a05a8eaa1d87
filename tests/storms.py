"""Storms: a centre, a replica and a client in processes of their own, a bad network between them, and somebody who kills them.

What happens in a run is drawn from its seed; when it happens is not, so that a run may be lucky where it was not before.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event

import httpx
from builders import TOWNSHIP
from changing import GUIDES, Busy
from forking import Forked, Forks, Process, serving
from network import Mischief, Network, on_the_way
from sqlalchemy import Engine

from service_catalog.kernel.database import forget_erased, make_engine, reading
from service_catalog.migrations.upgrading import upgrade
from service_catalog.sync.digests import Digests
from service_catalog.sync.documents import digest_of_lines
from service_catalog.sync.scope import Scope

SCOPE = {"region": TOWNSHIP, "surroundings": "true", "ended": "documents"}
PATIENCE = 30.0
"""Seconds after which a copy must be what its centre is, once the line is good; it needs a fraction of one."""
QUIET = Mischief()
HASTE = {
    "CATALOG_REPLICA_TIMEOUT_SECONDS": "0.5", "CATALOG_REPLICA_WAIT_SECONDS": "1", "CATALOG_REPLICA_LONGEST_PAUSE_SECONDS": "0.1"
}  # fmt: skip


class WentBack(AssertionError):
    """A copy answered with an older change number than before."""


class HalfApplied(AssertionError):
    """A copy answered with a guide that the centre never had, or had left behind."""


class Storm:
    """One centre with its copies; `run` goes through one schedule of mischief, and compares at its end."""

    def __init__(self, busy: Busy, centre: Forked, replica: Forked, network: Network, client_file: Path) -> None:
        self.busy, self.centre, self.replica, self.network = busy, centre, replica, network
        self.client_environment = copy_environment(network, client_file)
        self.client: Process | None = None
        self.client_file = client_file
        self.story: list[str] = []
        self.asking = httpx.Client(timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        self.highest = 0

    def run(self, seed: int) -> None:
        """Go through one run; what happened is told where it fails."""
        self.story = [f"run with seed {seed}"]
        random = Random(seed)
        try:
            self._rage(random)
            self.calm()
            self.compare()
        except BaseException as error:
            error.add_note("\n  ".join(self.story))
            error.add_note("".join(self.centre.forks.log[-40:]))
            raise

    def _rage(self, random: Random) -> None:
        steps: tuple[tuple[Callable[[Random], None], int], ...] = (
            (self._change, 5), (self._weather, 4), (self._look, 3), (self._kill_replica, 2), (self._kill_centre, 1),
            (self._start_client, 2), (self._kill_client, 2), (self._cut_the_line, 1),
        )  # fmt: skip
        self._weather(random)
        self._change(random)
        for step in random.choices(
            [step for step, _ in steps], [weight for _, weight in steps], k=random.randint(3, 7)
        ):
            step(random)
            Event().wait(random.choice((0, random.uniform(0, 0.15))))

    def _tell(self, what: str) -> None:
        self.story.append(what)

    def _change(self, random: Random) -> None:
        for _ in range(random.randint(1, 2)):
            self._tell(f"{self.busy.change(random)} → {self.busy.number}")

    def _weather(self, random: Random) -> None:
        longest = random.choice((0.01, 0.1, 0.6))
        if random.random() < 0.5:
            self.network.mischief = Mischief.all_of_it(random.uniform(0.05, 0.4), longest=longest)
        else:
            name = random.choice(("drop", "lose", "late", "duplicate", "reorder", "cut", "trickle", "delay"))
            self.network.mischief = Mischief(**{name: random.uniform(0.3, 0.9)}, longest=longest)
        self._tell(str(self.network.mischief))

    def _cut_the_line(self, random: Random) -> None:
        self._tell("the line is cut")
        self.network.down()
        self._change(random)
        self.network.up()

    def _kill_replica(self, random: Random) -> None:
        self._again(self.replica, "replica")

    def _kill_centre(self, random: Random) -> None:
        self._again(self.centre, "centre")

    def _again(self, server: Forked, name: str) -> None:
        self._tell(f"kill the {name}")
        server.kill()
        server.begin()

    def _start_client(self, random: Random) -> None:
        if self.client is None:
            self._tell("sync pull")
            self.client = self.centre.forks.start(["sync", "pull"], self.client_environment)

    def _kill_client(self, random: Random) -> None:
        self._start_client(random)
        assert self.client is not None
        Event().wait(random.uniform(0, 0.8))
        self._tell("kill sync pull")
        self.client.kill()

    def calm(self) -> None:
        """Let nothing happen any more, and everybody be there."""
        self._tell("calm")
        self.network.mischief = QUIET
        for server in (self.centre, self.replica):
            server.until_it_listens()

    def restored(self, url: str, engine: Engine) -> None:
        """Let the centre go on with an older copy of its database, as after a broken disk."""
        self.centre.kill()
        self.centre.environment = {**self.centre.environment, "CATALOG_DATABASE_URL": url}
        self.busy, self.highest = Busy(engine), 0
        self.centre.start()

    def says(self) -> int:
        """Return the change number that the copy says, whatever it is; 0 where it says none."""
        try:
            return int(self.asking.get(f"{self.replica.address}/v1/regions").headers.get("change-number", 0))
        except httpx.TransportError:
            return 0

    def _look(self, random: Random) -> None:
        self.look_at(random.choice(GUIDES))

    def look_at(self, code: str) -> int:
        """Read a guide of the copy, if somebody answers; returns the change number that it says, 0 where it says none."""
        try:
            answer = self.asking.get(f"{self.replica.address}/v1/guides/{code}")
        except httpx.TransportError:
            return 0
        number = int(answer.headers.get("change-number", 0))
        if number < self.highest:
            raise WentBack(f"{number} after {self.highest}")
        self.highest = number
        if number:
            said = answer.json()["digest"] if answer.is_success else answer.json()["type"].rpartition("/")[2]
            if said not in self.busy.versions_since(code, number):
                raise HalfApplied(f"{code} says {said} at {number}; the centre has had {self.busy.versions[code]}")
        return number

    def compare(self) -> None:
        """Wait until the copies are where the centre is, then ask for the digests."""
        guide = GUIDES[self.busy.number % len(GUIDES)]
        self.until(lambda: self.look_at(guide) == self.busy.number)
        there, here = self.digests(self.centre.address), self.digests(self.replica.address)
        assert there["change_number"] == self.busy.number
        assert here == there, [line for line in here["kinds"] if line not in there["kinds"]]  # type: ignore[attr-defined, operator]
        if self.client is not None:
            self.client.wait()
            self.client = None
            self.centre.forks.start(["sync", "pull"], self.client_environment).wait()
            assert digest_of_file(self.client_file) == (there["change_number"], there["digest"])

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        ends = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < ends, f"the replica stands at {self.highest}, the centre at {self.busy.number}"
            Event().wait(0.02)

    def digests(self, address: str) -> dict[str, object]:
        answer = self.asking.get(f"{address}/v1/digest", params=SCOPE)
        assert answer.is_success, answer.text
        found: dict[str, object] = answer.json()
        return found


def make_empty_copy(path: Path) -> Path:
    """Make the file of a copy before its first snapshot; making its tables takes as long as several runs."""
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    forget_erased(engine)
    engine.dispose()
    return path


def digest_of_file(path: Path) -> tuple[int, str]:
    """Return where a copy stands that nobody serves, and the digest of all that it holds."""
    engine = make_engine(f"sqlite:///{path}")
    scope = Scope(TOWNSHIP, surroundings=True, ended="documents")
    with reading(engine) as session:
        told = Digests().told(session, scope, at=datetime.now(UTC))
    engine.dispose()
    return told.number, digest_of_lines((kind, digest) for kind, _, digest in told.kinds())


def copy_environment(network: Network, file: Path) -> dict[str, str]:
    return {
        "CATALOG_DATABASE_URL": f"sqlite:///{file}",
        "CATALOG_REPLICA_OF": network.address,
        "CATALOG_REPLICA_REGION": TOWNSHIP,
    } | HASTE


@contextmanager
def storm(
    forks: Forks, url: str, folder: Path, seed: int, *, empty_copy: Path | None, weather: Mischief = QUIET
) -> Iterator[Storm]:
    """Yield a storm whose centre listens, and whose replica has just been started for the first time."""
    engine = make_engine(url)
    for name in ("replica.db", "client.db"):
        if empty_copy is not None:
            shutil.copyfile(empty_copy, folder / name)
    centre_environment = {"CATALOG_DATABASE_URL": url, "CATALOG_SNAPSHOTS": str(folder / "snapshots")}
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        busy = Busy(engine)
        centre = stack.enter_context(serving(forks, centre_environment))
        network = stack.enter_context(on_the_way(seed, centre.port, weather))
        replica = stack.enter_context(serving(forks, copy_environment(network, folder / "replica.db")))
        centre.start()
        made = Storm(busy, centre, replica, network, folder / "client.db")
        stack.callback(made.asking.close)
        replica.begin()
        yield made
        if made.client is not None:
            made.client.kill()
