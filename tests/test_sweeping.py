"""Sweeping out files that belong to no appeal: folder by folder, while no transaction waits, and not in every round."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner
from upkeeping import hand_in, open_offices, vault_of, with_file

from service_catalog.appeals.attaching import ORPHAN_AFTER, store, sweep
from service_catalog.appeals.drafts import AttachmentDraft
from service_catalog.appeals.upkeep import keep_up
from service_catalog.attachments.storage import FOLDERS, Storage, open_storage
from service_catalog.cli import app
from service_catalog.cli import appeals as command

AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


class Watched(Storage):
    """A store that writes down which folder was listed, and whether somebody held a connection meanwhile."""

    def __init__(self, under: Storage, engine: Engine) -> None:
        self.under, self.engine = under, engine
        self.listed: list[str | None] = []
        self.held = 0

    def keys(self, folder: str | None = None) -> Iterator[tuple[str, datetime]]:
        self.listed.append(folder)
        self.held += self.engine.pool.checkedout()  # type: ignore[attr-defined]
        return self.under.keys(folder)

    def delete(self, key: str) -> None:
        self.held += self.engine.pool.checkedout()  # type: ignore[attr-defined]
        self.under.delete(key)


@pytest.fixture
def storage(tmp_path: Path, engine: Engine) -> Watched:
    return Watched(open_storage(f"file:{tmp_path}/attachments"), engine)


def test_what_belongs_to_no_appeal_is_swept_out_folder_by_folder_and_no_transaction_waits_for_the_store(
    engine: Engine, storage: Watched
) -> None:
    open_offices(engine)
    vault = vault_of(engine)
    kept = with_file(engine, vault, storage.under, hand_in(engine, vault, AT), AT, "材料")
    draft = AttachmentDraft.model_validate({"name": "a.txt", "content": "5L2g5aW9"})
    stray = {one.key for one in store(storage.under, vault, [draft] * 5)}
    tomorrow = datetime.now(UTC) + ORPHAN_AFTER * 2

    assert sweep(engine, storage, at=datetime.now(UTC)) == 0
    assert set(dict(storage.under.keys())) == {kept, *stray}
    assert sweep(engine, storage, at=tomorrow) == 5

    assert set(dict(storage.under.keys())) == {kept}
    assert storage.listed == FOLDERS * 2
    assert storage.held == 0


def test_a_round_that_does_not_sweep_does_not_ask_the_store(engine: Engine, storage: Watched) -> None:
    kept = keep_up(engine, vault_of(engine), storage, clock=lambda: AT, sweeps=False)

    assert (kept.stray_files, storage.listed) == (0, [])


def test_of_many_rounds_the_first_one_of_a_day_sweeps(
    small_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each round a file is there that belongs to no appeal; whether it is gone afterwards tells."""
    hours = [AT.replace(hour=hour) for hour in (1, 8, 15, 16, 17)]  # 16:00 in Greenwich is midnight in Alxa
    stray, swept = tmp_path / "attachments" / "ab" / ("ab" * 20), []
    stray.parent.mkdir(parents=True)

    def leave_one() -> None:
        stray.write_bytes(b"left over")
        long_ago = (AT - 2 * ORPHAN_AFTER).timestamp()
        os.utime(stray, (long_ago, long_ago))

    def wait(seconds: float) -> None:
        swept.append(not stray.exists())
        if len(swept) == len(hours):
            raise KeyboardInterrupt
        leave_one()

    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    monkeypatch.setenv("CATALOG_ATTACHMENTS_URL", f"file:{tmp_path}/attachments")
    monkeypatch.setattr(command, "now", lambda: hours[len(swept)])
    monkeypatch.setattr("service_catalog.cli.appeals.time.sleep", wait)
    leave_one()

    assert CliRunner().invoke(app, ["appeals", "follow"]).exit_code == 0
    assert swept == [True, False, False, True, False]
