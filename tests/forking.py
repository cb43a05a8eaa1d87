"""`service-catalog` as processes of their own that can be killed and started again within a second.

One process imports everything and forks whenever it is told to; each fork runs a command as a shell would start it.
"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Condition, Thread

PARENT = """
import gc, json, os, signal, sys, tempfile, traceback
import uvicorn
from typer.testing import CliRunner
from service_catalog.app import create_app
from service_catalog.cli import app
from service_catalog.settings import Settings

with tempfile.TemporaryDirectory() as folder:  # what a first command imports and prepares, no fork has to
    nowhere = {
        "CATALOG_DATABASE_URL": f"sqlite:///{folder}/copy.db", "CATALOG_REPLICA_OF": "http://127.0.0.1:9",
        "CATALOG_REPLICA_LONGEST_PAUSE_SECONDS": "0.001",
    }
    CliRunner().invoke(app, ["sync", "pull"], env=nowhere)
    create_app(Settings(database_url=nowhere["CATALOG_DATABASE_URL"])).state.engine.dispose()

async def startup(server, sockets=None, original=uvicorn.Server.startup):
    await original(server, sockets)
    print(f"process {os.getpid()} listens", file=sys.stderr, flush=True)

uvicorn.Server.startup = startup
gc.freeze()  # pages that nobody looks through stay shared
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a child ended
for line in sys.stdin:
    command, environment = json.loads(line)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(2, 1)  # standard output is for the numbers of processes
        os.environ.update(environment)
        try:
            app(command)
        except SystemExit:
            pass
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)  # taking down all that was imported takes seconds
    print(pid, flush=True)
"""
LISTENS = re.compile(r"process (\d+) listens")
PATIENCE = 60
"""Seconds that a process may need to listen, or to end after it was killed."""


class Process:
    """A command that runs, or has ended; no other process is taken for it, whatever number that has."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle: int | None = None
        with suppress(ProcessLookupError):
            self._handle = os.pidfd_open(pid)

    def kill(self) -> None:
        """Kill it as a power cut would: nothing is finished, nothing is put away."""
        if self._handle is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self.wait()

    def wait(self) -> None:
        """Wait until it has ended."""
        if self._handle is not None:
            assert select.select([self._handle], [], [], PATIENCE)[0], f"process {self.pid} does not end"
            os.close(self._handle)
            self._handle = None


class Forks:
    """Starts commands; their environment is this process's, with what is said of each."""

    def __init__(self, parent: "subprocess.Popen[str]") -> None:
        self.parent = parent
        self.log: list[str] = []
        self._listening: set[int] = set()
        self._news = Condition()
        self.reader = Thread(target=self._read_log)
        self.reader.start()

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> Process:
        """Start a command."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(json.dumps([command, dict(environment)]) + "\n")
        self.parent.stdin.flush()
        line = self.parent.stdout.readline()
        assert line, "".join(self.log)
        self._listening.discard(int(line))  # an older process may have had this number
        return Process(int(line))

    def until_it_listens(self, process: Process) -> None:
        """Wait until a server takes connections."""
        with self._news:
            assert self._news.wait_for(lambda: process.pid in self._listening, PATIENCE), "".join(self.log[-50:])

    def _read_log(self) -> None:
        assert self.parent.stderr is not None
        for line in self.parent.stderr:
            self.log.append(line)
            if (found := LISTENS.search(line)) is not None:
                with self._news:
                    self._listening.add(int(found[1]))
                    self._news.notify_all()


class Forked:
    """A server: starts, is killed, starts again, at one address."""

    def __init__(self, forks: Forks, environment: Mapping[str, str], command: Sequence[str] = ("serve",)) -> None:
        self.forks, self.environment, self.command = forks, environment, command
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: Process | None = None

    @property
    def log(self) -> list[str]:
        return self.forks.log

    def start(self) -> None:
        """Start the server; returns when it listens."""
        self.begin()
        self.until_it_listens()

    def begin(self) -> None:
        """Start the server, and do not wait for it."""
        self.process = self.forks.start([*self.command, "--port", str(self.port)], self.environment)

    def until_it_listens(self) -> None:
        assert self.process is not None
        self.forks.until_it_listens(self.process)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()


@contextmanager
def forking() -> Iterator[Forks]:
    """Yield who starts commands; what it started must have been killed at the end."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with parent:
        forks = Forks(parent)
        try:
            yield forks
        finally:
            parent.kill()
            forks.reader.join(timeout=20)


@contextmanager
def forked(environment: Mapping[str, str]) -> Iterator[Forked]:
    """Yield a server that has not been started yet."""
    with forking() as forks, serving(forks, environment) as server:
        yield server


@contextmanager
def serving(forks: Forks, environment: Mapping[str, str], command: Sequence[str] = ("serve",)) -> Iterator[Forked]:
    """Yield a server that has not been started yet, and kill it at the end."""
    server = Forked(forks, environment, command)
    try:
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
