"""Rounds in which every case takes its turns beside its baseline, so that a noisy minute falls on both alike."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.asking import CONNECTIONS, Case
from benchmarks.bars import Bars
from benchmarks.load import Order, Tally, Target
from benchmarks.processes import Server

ROUNDS = 5
TURNS = 2
"""Turns of a case, each after one of its baseline, in every round."""
WARM_UP = 0.2
SATURATED = 0.85
"""Part of its core that a server uses when nothing but itself limits it."""

Pair = tuple[Tally, Tally]
"""A turn of the baseline and the turn of the case that followed it."""


class Outcome(NamedTuple):
    """One line of the table; the baseline of the case has 1.0 everywhere."""

    case: Case
    ratio: float
    """Answers a second, against those of the baseline in the turn before; the median of the undisturbed turns."""
    lower: float
    upper: float
    """Between these lies the middle half of those turns."""
    undisturbed: int
    """Turns in which both servers had their core; where there are fewer than two, all turns are taken."""
    cpu_ratio: float | None
    """Processor time the baseline's server needs for an answer, against this server's; None where not known."""
    client_busy: float
    """Part of its core that the client used; near 1.0 it would have been the client that was measured."""
    baseline_client_busy: float


def run_rounds(
    cases: Sequence[Case], servers: Mapping[str, Server], client_core: int | None, bars: Bars
) -> list[Outcome]:
    """Measure every case in every round."""
    baselines = {case.name: case for case in cases if case.baseline is None}
    measured = [case for case in cases if case.baseline is not None]
    pairs: dict[str, list[Pair]] = {case.name: [] for case in measured}
    for case in bars.each("测量 measurements", measured * ROUNDS):
        pairs[case.name] += _measure(baselines[str(case.baseline)], case, servers, client_core)
    return [_outcome(case, pairs[case.name]) for case in measured]


def _measure(baseline: Case, case: Case, servers: Mapping[str, Server], client_core: int | None) -> list[Pair]:
    targets = [Target(servers[one.server], one.seconds, list(one.asks)) for one in (baseline, case)]
    order = Order(client_core, CONNECTIONS, TURNS, WARM_UP, targets)
    client = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"], input=json.dumps(order), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    if client.returncode:
        raise RuntimeError(f"{case.name}: {client.stderr.strip().splitlines()[-1]}")
    return [(Tally(*bare), Tally(*ours)) for bare, ours in json.loads(client.stdout)]


def _outcome(case: Case, pairs: Sequence[Pair]) -> Outcome:
    undisturbed = [pair for pair in pairs if all(map(_had_its_core, pair))]
    counted = undisturbed if len(undisturbed) > 1 else pairs
    lower, middle, upper = quantiles([_pace(ours) / _pace(bare) for bare, ours in counted], n=4, method="inclusive")
    busy = [[tally.client_cpu / tally.seconds for tally in pair] for pair in counted]
    return Outcome(
        case, middle, lower, upper, len(undisturbed), _cpu_ratio(pairs),
        median(ours for _, ours in busy), median(bare for bare, _ in busy),
    )  # fmt: skip


def _had_its_core(tally: Tally) -> bool:
    """Tell whether the server was what limited the pace, and not other work of the machine."""
    return tally.server_cpu is None or tally.server_cpu / tally.seconds >= SATURATED


def _pace(tally: Tally) -> float:
    return tally.answers / tally.seconds


def _cpu_ratio(pairs: Sequence[Pair]) -> float | None:
    """Compare all turns together: the clock of the system ticks too slowly for one."""
    bare, ours = (_cpu_of_an_answer([pair[side] for pair in pairs]) for side in (0, 1))
    return bare / ours if bare and ours else None


def _cpu_of_an_answer(tallies: Sequence[Tally]) -> float | None:
    used = [tally.server_cpu for tally in tallies if tally.server_cpu is not None]
    return sum(used) / sum(tally.answers for tally in tallies) if len(used) == len(tallies) else None
