"""Rounds in which every case takes its turn, so that a noisy minute falls on all of them alike."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.asking import CONNECTIONS, Case
from benchmarks.bars import Bars
from benchmarks.load import Order, Tally
from benchmarks.processes import Server

ROUNDS = 5
SECONDS = 2.0
WARM_UP = 0.3


class Outcome(NamedTuple):
    """One line of the table; the case it is measured against has 1.0 everywhere."""

    case: Case
    ratio: float
    """Answers a second, against those of the baseline in the same round; the median of all rounds."""
    lowest: float
    highest: float
    cpu_ratio: float | None
    """Processor time the baseline's server needs for an answer, against this server's; None where not known."""
    client_busy: float
    """Part of its core that the client used; near 1.0 it would have been the client that was measured."""


Round = dict[str, Tally]


def run_rounds(
    cases: Sequence[Case], servers: Mapping[str, Server], client_core: int | None, bars: Bars
) -> list[Outcome]:
    """Measure every case in every round, each round beginning with another one."""
    turns = [(number, case) for number in range(ROUNDS) for case in (*cases[number:], *cases[:number])]
    rounds: list[Round] = [{} for _ in range(ROUNDS)]
    for number, case in bars.each("测量 measurements", turns):
        rounds[number][case.name] = _measure(case, servers[case.server], client_core)
    return [_outcome(case, rounds) for case in cases if case.baseline is not None]


def _measure(case: Case, server: Server, client_core: int | None) -> Tally:
    order = Order(server.port, server.pid, client_core, CONNECTIONS, WARM_UP, SECONDS, list(case.asks))
    client = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"], input=json.dumps(order), capture_output=True, text=True,
        timeout=SECONDS + 30, check=False,
    )  # fmt: skip
    if client.returncode:
        raise RuntimeError(f"{case.name}: {client.stderr.strip().splitlines()[-1]}")
    return Tally(*json.loads(client.stdout))


def _outcome(case: Case, rounds: Sequence[Round]) -> Outcome:
    assert case.baseline is not None
    pairs = [(tallies[case.name], tallies[case.baseline]) for tallies in rounds]
    ratios = [_pace(ours) / _pace(bare) for ours, bare in pairs]
    cpu = [ratio for ours, bare in pairs if (ratio := _cpu_ratio(ours, bare)) is not None]
    busy = [ours.client_cpu / ours.seconds for ours, _ in pairs]
    return Outcome(case, median(ratios), min(ratios), max(ratios), median(cpu) if cpu else None, median(busy))


def _pace(tally: Tally) -> float:
    return tally.requests / tally.seconds


def _cpu_ratio(ours: Tally, bare: Tally) -> float | None:
    if not ours.server_cpu or not bare.server_cpu:
        return None
    return (bare.server_cpu / bare.requests) / (ours.server_cpu / ours.requests)
