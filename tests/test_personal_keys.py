"""Changing the keys of personal data: everything is sealed anew, nothing is lost meanwhile, and an old key can then go."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from builders import BANNER_BUREAU
from callers import OPERATOR
from sqlalchemy import Engine, LargeBinary
from sqlmodel import SQLModel, col, select
from typer.testing import CliRunner, Result
from upkeeping import (
    ANSWER,
    NAME,
    OFFICER,
    PHONE,
    begin,
    closed,
    hand_in,
    open_offices,
    texts_of,
    with_file,
)

import service_catalog.tables  # noqa: F401 - every table has to be known
from service_catalog.appeals import afterwards, handling
from service_catalog.appeals.attaching import content_of
from service_catalog.appeals.opening import open_case
from service_catalog.appeals.personal import Resealed, erase_text
from service_catalog.appeals.rotating import SEALED, rotate, sealed_by
from service_catalog.appeals.tables import Appeal
from service_catalog.attachments.storage import NoSuchAttachment, Storage, open_storage
from service_catalog.cli import app
from service_catalog.kernel.database import reading, unit_of_work
from service_catalog.outbox.tables import Way
from service_catalog.settings import Settings
from service_catalog.staff.delivery import add_address
from service_catalog.vault import PersonalKeyMissing, Vault, new_key, open_vault

AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
OLD_KEY, NEW_KEY = new_key(), new_key()
OLD_ID, NEW_ID = OLD_KEY.partition(":")[0], NEW_KEY.partition(":")[0]
Command = Callable[..., Result]


def settings(engine: Engine, *keys: str) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    return Settings.model_validate(
        {"database_url": url, "personal_keys": ",".join(keys), "outbox_insecure_webhooks": True}
    )


def vault(engine: Engine, *keys: str) -> Vault:
    return open_vault(settings(engine, *keys))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file:{tmp_path}/attachments")


@pytest.fixture
def old(engine: Engine) -> Vault:
    open_offices(engine)
    return vault(engine, OLD_KEY)


@pytest.fixture
def both(engine: Engine) -> Vault:
    return vault(engine, NEW_KEY, OLD_KEY)


@pytest.fixture
def run(small_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("CATALOG_DATABASE_URL", small_url)
    monkeypatch.setenv("CATALOG_ATTACHMENTS_URL", f"file:{tmp_path}/attachments")
    monkeypatch.setenv("CATALOG_PERSONAL_KEYS", f"{NEW_KEY},{OLD_KEY}")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def counts(engine: Engine, keys: Vault) -> dict[str, int]:
    with reading(engine) as session:
        return sealed_by(session, keys)


def tell_at(engine: Engine, *keys: str) -> None:
    """Add a webhook, whose secret is sealed."""
    with unit_of_work(engine) as session:
        add_address(
            session, settings(engine, *keys), agency_code=BANNER_BUREAU, region_code=None, way=Way.WEBHOOK,
            address="http://127.0.0.1:9/hook", by=OPERATOR, at=AT,
        )  # fmt: skip


def test_every_sealed_column_of_the_product_is_counted_and_sealed_anew() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and table.name != "access_key"
    }

    known = {f"{table.__tablename__}.{column.key}" for table, columns in SEALED.items() for column in columns}
    assert binary == known | {"delivery_address.secret_sealed"}


def test_after_a_rotation_the_new_key_alone_reads_everything(
    engine: Engine, old: Vault, both: Vault, storage: Storage
) -> None:
    number, open_one = closed(engine, old, AT), hand_in(engine, old, AT, place="镇政府旁边")
    key = with_file(engine, old, storage, open_one, AT, f"{NAME}的材料")
    tell_at(engine, OLD_KEY)
    before = [texts_of(engine, old, one) for one in (number, open_one)]
    values = sum(counts(engine, both).values())

    done = rotate(engine, both, storage)

    new_alone = vault(engine, NEW_KEY)
    assert done == Resealed(values + 1, 0)  # the file is a value too
    assert counts(engine, both) == {NEW_ID: values, OLD_ID: 0}
    assert [texts_of(engine, new_alone, one) for one in (number, open_one)] == before
    assert all(words in before[0] for words in (NAME, PHONE, ANSWER))
    assert content_of(storage, new_alone, key) == f"{NAME}的材料".encode()
    assert rotate(engine, new_alone, storage) == Resealed(0, 0)
    with pytest.raises(PersonalKeyMissing):
        texts_of(engine, old, number)


def test_what_cannot_be_read_stays_and_keeps_nothing_else_from_it(
    engine: Engine, old: Vault, both: Vault, storage: Storage
) -> None:
    lost_key = new_key()
    lost = hand_in(engine, vault(engine, lost_key), AT)
    spoiled, whole = (hand_in(engine, old, AT) for _ in range(2))
    with unit_of_work(engine) as session:
        row = session.get_one(Appeal, spoiled)
        row.body = row.body[:-1] + bytes([row.body[-1] ^ 1])

    done = rotate(engine, both, storage)

    assert done.unreadable == 3 + 1  # body, query code and contact of the one; the body of the other
    assert PHONE in texts_of(engine, vault(engine, NEW_KEY), whole)
    assert counts(engine, both) == {NEW_ID: 5, OLD_ID: 1, lost_key.partition(":")[0]: 3}
    assert PHONE in texts_of(engine, vault(engine, lost_key), lost)


def test_a_file_that_is_gone_leaves_its_name_under_the_old_key_so_that_it_is_looked_for_again(
    engine: Engine, old: Vault, both: Vault, storage: Storage
) -> None:
    number = hand_in(engine, old, AT)
    key = with_file(engine, old, storage, number, AT, "材料")
    sealed = storage.get(key)
    storage.delete(key)

    missing = rotate(engine, both, storage)
    storage.put(key, sealed)
    found = rotate(engine, both, storage)

    assert (missing.unreadable, found) == (1, Resealed(2, 0))
    assert content_of(storage, vault(engine, NEW_KEY), key) == "材料".encode()


def test_what_officers_write_while_keys_change_is_not_lost(
    engine: Engine, old: Vault, both: Vault, storage: Storage
) -> None:
    numbers = [hand_in(engine, old, AT) for _ in range(12)]
    for number in numbers:
        begin(engine, old, number, AT)

    def write() -> None:
        for turn in range(4):
            for number in numbers:
                with unit_of_work(engine) as session:
                    handling.note(
                        session, old, number, words=f"第{turn}条备注", public=False, by=OFFICER, at=AT
                    )  # fmt: skip

    writer = Thread(target=write)
    writer.start()
    rotate(engine, both, storage)
    writer.join(timeout=60)
    rotate(engine, both, storage)

    for number in numbers:
        said = texts_of(engine, vault(engine, NEW_KEY), number)
        assert [turn for turn in range(4) if f"第{turn}条备注" not in said] == []
    assert counts(engine, both)[OLD_ID] == 0


def test_while_the_store_is_waited_for_officers_write_and_what_is_erased_stays_away(
    engine: Engine, old: Vault, both: Vault, storage: Storage
) -> None:
    number = hand_in(engine, old, AT)
    key = with_file(engine, old, storage, number, AT, "材料")
    with unit_of_work(engine) as session:
        afterwards.withdraw(open_case(session, old, number), words=None, at=AT)

    class Meanwhile(Storage):
        """A store that is slow: while it stores a file, the appeal is erased."""

        def __init__(self) -> None:
            self.get, self.delete = storage.get, storage.delete  # type: ignore[method-assign]

        def put(self, key: str, content: bytes) -> None:
            with unit_of_work(engine) as session:
                keys = erase_text(open_case(session, both, number), by=OFFICER, at=AT)
            storage.delete(keys[0])
            storage.put(key, content)

    rotate(engine, both, Meanwhile())

    with pytest.raises(NoSuchAttachment):
        storage.get(key)


ROTATOR = """
import sys
import service_catalog.tables
from service_catalog.appeals.rotating import rotate
from service_catalog.attachments.storage import open_storage
from service_catalog.kernel.database import make_engine
from service_catalog.settings import Settings
from service_catalog.vault import open_vault

url, keys, folder = sys.argv[1:]
told = lambda what, done, total: print(done, flush=True)
vault = open_vault(Settings(database_url=url, personal_keys=keys))
rotate(make_engine(url), vault, open_storage(folder), progress=told)
"""


def test_a_rotation_that_is_killed_goes_on_where_it_stopped(
    engine: Engine, old: Vault, both: Vault, storage: Storage, tmp_path: Path
) -> None:
    numbers = [hand_in(engine, old, AT) for _ in range(30)]
    files = [with_file(engine, old, storage, number, AT, f"材料{number}") for number in numbers]
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", ROTATOR, url, f"{NEW_KEY},{OLD_KEY}", f"file:{tmp_path}/attachments"]
    left = []

    for appeals in (2, 4, 6):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(appeals):
            assert process.stdout.readline()
        process.kill()
        process.communicate(timeout=30)
        left.append(counts(engine, both)[OLD_ID])
        assert all(PHONE in texts_of(engine, both, number) for number in numbers)
    subprocess.run(command, check=True, capture_output=True)

    new_alone = vault(engine, NEW_KEY)
    assert left == sorted(left, reverse=True)
    assert left[-1] > 0
    assert counts(engine, both)[OLD_ID] == 0
    for number, key in zip(numbers, files, strict=True):
        assert PHONE in texts_of(engine, new_alone, number)
        assert content_of(storage, new_alone, key) == f"材料{number}".encode()


def test_the_old_sealed_values_are_not_left_in_the_files_of_the_database(
    engine: Engine, old: Vault, both: Vault, storage: Storage
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL overwrites them when its vacuum comes by")
    number = hand_in(engine, old, AT)
    with reading(engine) as session:
        sealed = session.scalars(select(Appeal.body).where(col(Appeal.number) == number)).one()
    path = Path(engine.url.database or "")

    rotate(engine, both, storage)

    assert sealed not in b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_keys_are_made_changed_and_counted_by_command(run: Command, engine: Engine, old: Vault) -> None:
    number = hand_in(engine, old, AT)

    made = run("personal-keys", "new")
    before = run("personal-keys", "status")
    done = run("personal-keys", "rotate")
    after = run("personal-keys", "status")

    assert Vault([(made.output.partition(":")[0], b"k" * 32)])
    assert len(made.output.splitlines()) == 1
    assert (before.exit_code, done.exit_code, after.exit_code) == (0, 0, 0), done.output
    assert "needed" in before.output
    assert "sealed anew 3" in done.output
    assert "may be removed" in after.output
    assert PHONE in texts_of(engine, vault(engine, NEW_KEY), number)
    assert [
        word for word in (PHONE, NAME, OLD_KEY, NEW_KEY) if word in before.output + done.output + after.output
    ] == []


def test_a_rotation_that_meets_something_unreadable_says_so_by_its_exit_code(
    run: Command, engine: Engine, old: Vault
) -> None:
    hand_in(engine, vault(engine, new_key()), AT)

    done = run("personal-keys", "rotate")

    assert done.exit_code == 9
    assert "not held here" in run("personal-keys", "status").output
