"""`service-catalog serve` as a process of its own that can be killed and started again within a second.

One process imports everything and forks whenever it is told to; each fork runs the command as a shell would start it.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

PARENT = """
import os, signal, sys
import service_catalog.serving
from service_catalog.cli import app

signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a child ended
for port in sys.stdin:
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(2, 1)  # standard output is for the numbers of processes
        app(["serve", "--port", port.strip()])
    print(pid, flush=True)
"""
LISTENS = "Uvicorn running on"


class Forked:
    """Starts the server, kills it, starts it again, at one address."""

    def __init__(self, parent: "subprocess.Popen[str]") -> None:
        self.parent, self.port = parent, _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log: list[str] = []
        self.pid = 0
        self._listens: SimpleQueue[None] = SimpleQueue()
        self.reader = Thread(target=self._read_log)
        self.reader.start()

    def start(self) -> None:
        """Start the server; returns when it listens."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(f"{self.port}\n")
        self.parent.stdin.flush()
        line = self.parent.stdout.readline()
        assert line, "".join(self.log)
        self.pid = int(line)
        self._listens.get(timeout=60)

    def kill(self) -> None:
        """Kill it as a power cut would: nothing is finished, nothing is put away."""
        os.kill(self.pid, signal.SIGKILL)

    def _read_log(self) -> None:
        assert self.parent.stderr is not None
        for line in self.parent.stderr:
            self.log.append(line)
            if LISTENS in line:
                self._listens.put(None)


@contextmanager
def forked(environment: Mapping[str, str]) -> Iterator[Forked]:
    """Yield a server that has not been started yet."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], env={**os.environ, **environment}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with parent:
        server = Forked(parent)
        try:
            yield server
        finally:
            if server.pid:
                server.kill()
            parent.kill()
            server.reader.join(timeout=20)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
