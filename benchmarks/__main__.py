"""python -m benchmarks: measure everything anew, print the table, write results.json."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import catalogue, report
from benchmarks.bars import Bars
from benchmarks.growth import measure_growth
from benchmarks.reading import measure_reading


def main() -> None:
    """Measure over a seeded catalogue in a temporary folder."""
    at = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as scratch, Bars() as bars:
        folder = Path(scratch)
        path = folder / "catalogue.db"
        engine = catalogue.seeded(path, bars)
        outcomes = measure_reading(engine, folder, bars)
        growth = measure_growth(engine, path, at, bars)
        engine.dispose()
    report.show(outcomes, growth)
    report.write(outcomes, growth, at)


if __name__ == "__main__":
    main()
