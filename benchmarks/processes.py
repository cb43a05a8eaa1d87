"""Servers in processes of their own, on a core of their own, and what they have used of it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Server(NamedTuple):
    """A running uvicorn worker on 127.0.0.1."""

    pid: int
    port: int


class Cores(NamedTuple):
    """Where the servers and the client run; None where the system does not say or has one core only."""

    server: int | None
    client: int | None


def cores() -> Cores:
    """Return two different cores, as far as there are two."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[-1]) if len(usable) > 1 else Cores(None, None)


def stay_on(core: int | None) -> None:
    """Keep this process, and the threads it will start, on one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def cpu_seconds(pid: int) -> float | None:
    """Return what a process has used with all its threads, user and system; None where /proc does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    columns = stat.rpartition(")")[2].split()  # the name before it may hold spaces
    return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(application: str, environment: Mapping[str, str], core: int | None) -> Iterator[Server]:
    """Run `application` ("module:factory") until the block ends."""
    command = [sys.executable, "-m", "benchmarks.server", application, "-" if core is None else str(core)]
    with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError(f"{application} did not start")
            yield Server(process.pid, int(port))
        finally:
            process.terminate()
