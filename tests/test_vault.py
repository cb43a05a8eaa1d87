"""Personal data at rest: sealed, bound to its row, under keys that change and never show."""

import base64
import multiprocessing
import os
import stat
import threading
import traceback
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from service_catalog.kernel.errors import CatalogError
from service_catalog.kernel.problems import status_of
from service_catalog.settings import Settings
from service_catalog.vault import (
    PersonalKeyMissing,
    PersonalKeysMalformed,
    PersonalKeysUnreadable,
    SealBroken,
    Vault,
    make_key_file,
    new_key,
    open_vault,
)

ROW, OTHER_ROW = "appeal_person 260012345678", "appeal_person 260012345679"
OLD, NEW = ("k2025", bytes(range(32))), ("k2026", bytes(range(32, 64)))
NAME = "乌云其木格 13900001111".encode()


def line(key_id: str, key: bytes) -> str:
    return f"{key_id}:{base64.b64encode(key).decode()}"


def configured(keys: str | None, file: Path = Path("nowhere")) -> Settings:
    return Settings(personal_keys=None if keys is None else SecretStr(keys), personal_keys_file=file)


@given(st.binary(max_size=5_000), st.text(max_size=60).filter(lambda text: text.isascii() or text.isprintable()))
def test_what_was_sealed_is_read_as_it_was(plain: bytes, about: str) -> None:
    vault = Vault([NEW, OLD])

    assert vault.unseal(vault.seal(plain, about), about) == plain


def test_the_sealed_value_does_not_show_what_is_in_it_and_never_looks_the_same_twice() -> None:
    vault = Vault([NEW])
    once, again = vault.seal(NAME, ROW), vault.seal(NAME, ROW)

    assert NAME not in once
    assert b"13900001111" not in once
    assert once != again


def test_a_change_of_any_single_byte_is_noticed() -> None:
    vault = Vault([NEW, OLD])
    sealed = vault.seal(NAME, ROW)

    for place in range(len(sealed)):
        for mask in (0x01, 0x80):
            altered = bytearray(sealed)
            altered[place] ^= mask
            with pytest.raises((SealBroken, PersonalKeyMissing)):
                vault.unseal(bytes(altered), ROW)


def test_a_value_cut_off_or_grown_is_noticed() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(NAME, ROW)

    for length in range(len(sealed)):
        with pytest.raises((SealBroken, PersonalKeyMissing)):
            vault.unseal(sealed[:length], ROW)
    with pytest.raises(SealBroken):
        vault.unseal(sealed + b"\0", ROW)


def test_a_value_moved_to_another_row_is_not_read() -> None:
    vault = Vault([NEW])

    with pytest.raises(SealBroken):
        vault.unseal(vault.seal(NAME, ROW), OTHER_ROW)


def test_a_value_relabelled_with_another_held_key_is_not_read() -> None:
    same_key = Vault([("k2025", NEW[1])]).seal(NAME, ROW)

    with pytest.raises(SealBroken):
        Vault([("k2026", NEW[1])]).unseal(same_key.replace(b"k2025", b"k2026"), ROW)


def test_the_wrong_key_under_the_right_name_is_noticed() -> None:
    with pytest.raises(SealBroken):
        Vault([("k2026", OLD[1])]).unseal(Vault([NEW]).seal(NAME, ROW), ROW)


def test_an_old_key_is_still_read_and_a_missing_one_is_named() -> None:
    sealed = Vault([OLD]).seal(NAME, ROW)

    assert Vault([NEW, OLD]).unseal(sealed, ROW) == NAME
    with pytest.raises(PersonalKeyMissing, match="k2025") as refused:
        Vault([NEW]).unseal(sealed, ROW)
    assert refused.value.facts == {"key": "k2025"}
    assert status_of(PersonalKeyMissing) == status_of(SealBroken) == 503


def test_after_the_rotation_the_old_key_is_no_longer_needed() -> None:
    both, sealed = Vault([NEW, OLD]), Vault([OLD]).seal(NAME, ROW)

    moved = both.reseal(sealed, ROW)

    assert (both.is_current(sealed), both.is_current(moved)) == (False, True)
    assert (Vault.key_id_of(sealed), Vault.key_id_of(moved)) == ("k2025", "k2026")
    assert Vault([NEW]).unseal(moved, ROW) == NAME
    assert both.reseal(moved, ROW) == moved
    with pytest.raises(SealBroken):
        both.reseal(sealed, OTHER_ROW)


def test_many_threads_may_use_one_vault() -> None:
    vault, read = Vault([NEW]), []

    def seal_and_read(number: int) -> None:
        for turn in range(50):
            plain = f"{number}-{turn}".encode() * 100
            read.append(vault.unseal(vault.seal(plain, ROW), ROW) == plain)

    threads = [threading.Thread(target=seal_and_read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == [True] * 400


def test_the_environment_goes_before_the_file_and_the_newest_key_stands_first(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    make_key_file(file)

    vault = open_vault(configured(f"{line(*NEW)}, {line(*OLD)}", file))

    assert vault.current_id == "k2026"
    assert vault.unseal(Vault([OLD]).seal(NAME, ROW), ROW) == NAME


def test_the_variable_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_PERSONAL_KEYS", line(*OLD))

    assert open_vault(Settings()).current_id == "k2025"


def test_a_file_holds_one_key_a_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{line(*NEW)}\n\n{line(*OLD)}\n", encoding="utf-8")

    vault = open_vault(configured(None, file))

    assert vault.current_id == "k2026"
    assert vault.unseal(Vault([OLD]).seal(NAME, ROW), ROW) == NAME


def test_a_fresh_site_makes_its_key_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "personal-keys"

    sealed = open_vault(configured(None, file)).seal(NAME, ROW)

    assert open_vault(configured(None, file)).unseal(sealed, ROW) == NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["personal-keys"]


def test_a_key_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(line(*OLD), encoding="utf-8")

    make_key_file(file)

    assert file.read_text(encoding="utf-8") == line(*OLD)
    assert os.listdir(tmp_path) == ["keys"]


def _open_and_seal(file: Path, start: Barrier, sealed: "multiprocessing.Queue[bytes]") -> None:
    start.wait(60)
    sealed.put(open_vault(configured(None, file)).seal(NAME, ROW))


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    spawning, racers = multiprocessing.get_context("spawn"), 4
    for turn in range(2):
        file = tmp_path / str(turn) / "keys"
        start, sealed = spawning.Barrier(racers), spawning.Queue()
        processes = [spawning.Process(target=_open_and_seal, args=(file, start, sealed)) for _ in range(racers)]
        for process in processes:
            process.start()
        values = [sealed.get(timeout=60) for _ in processes]
        for process in processes:
            process.join(60)

        vault = open_vault(configured(None, file))
        assert [vault.unseal(value, ROW) for value in values] == [NAME] * racers
        assert os.listdir(file.parent) == ["keys"]


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ("", "not a single key"),
        (" , ,", "not a single key"),
        (line("k1", b"x" * 31), "number 1 has not 32 bytes"),
        (line("k1", b"x" * 33), "number 1 has not 32 bytes"),
        ("k1:", "number 1 has not 32 bytes"),
        ("k1:!!!", "number 1 is not id:base64"),
        ("k1:密钥", "number 1 is not id:base64"),
        (base64.b64encode(NEW[1]).decode(), "number 1"),
        (f"{line(*NEW)},{line('a b', OLD[1])}", "number 2 needs an id"),
        (f"{line(*NEW)},{line('k' * 33, OLD[1])}", "number 2 needs an id"),
        (f"{line(*NEW)},{line(NEW[0], OLD[1])}", "one id stands there twice"),
        (f"{line(*NEW)},{line(OLD[0], NEW[1])}", "one key stands there twice"),
    ],
)
def test_keys_that_are_set_up_wrongly_are_refused_by_their_place(keys: str, fault: str) -> None:
    with pytest.raises(PersonalKeysMalformed, match=fault):
        open_vault(configured(keys))


def test_a_file_that_is_no_text_or_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(128, 160)))

    with pytest.raises(PersonalKeysMalformed):
        open_vault(configured(None, tmp_path / "noise"))
    with pytest.raises(PersonalKeysUnreadable, match="noise"):
        open_vault(configured(None, tmp_path / "noise" / "keys"))
    with pytest.raises(PersonalKeysUnreadable):
        open_vault(configured(None, tmp_path))


def test_a_new_key_is_one_that_a_site_can_use() -> None:
    first, second = new_key(), new_key()

    assert first != second
    assert Vault.key_id_of(open_vault(configured(f"{first},{second}")).seal(NAME, ROW)) == first.partition(":")[0]


def _refusals() -> list[CatalogError]:
    """Every refusal of the vault over the same secret key and plain text."""
    secret = line(*NEW)
    sealed = Vault([NEW]).seal(NAME, ROW)
    attempts: list[Callable[[], object]] = [
        lambda: Vault([NEW]).unseal(sealed, OTHER_ROW),
        lambda: Vault([OLD]).unseal(sealed, ROW),
        lambda: Vault([NEW]).unseal(sealed[:-1], ROW),
        lambda: open_vault(configured(f"{secret},{secret}")),
        lambda: open_vault(configured(secret + "!")),
        lambda: open_vault(configured(secret.partition(":")[2])),
        lambda: open_vault(configured(secret.replace(":", ";"))),
        lambda: open_vault(configured(secret[:-8])),
    ]
    refused = []
    for attempt in attempts:
        with pytest.raises(CatalogError) as caught:
            attempt()
        refused.append(caught.value)
    return refused


def test_neither_key_nor_plain_text_shows_in_what_is_printed() -> None:
    settings, vault = configured(line(*NEW)), Vault([NEW, OLD])
    printed = [repr(settings), str(settings), settings.model_dump_json(), repr(vault), str(vault)]
    for error in _refusals():
        printed += [*traceback.format_exception(error), repr(error), repr(error.said), repr(error.facts)]
    everything = "\n".join(printed)

    for secret in (
        base64.b64encode(NEW[1]).decode()[:16],
        repr(NEW[1])[2:20],
        NEW[1].hex()[:16],
        "13900001111",
        "乌云",
    ):
        assert secret not in everything
