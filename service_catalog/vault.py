"""Personal data at rest: sealed with AES-256-GCM, under keys that can change, each value bound to its row."""

import base64
import binascii
import logging
import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service_catalog.kernel.errors import Invalid, Said, Unavailable
from service_catalog.settings import Settings

log = logging.getLogger("service_catalog")

AES_256_GCM = 1
"""First byte of a sealed value: how it is laid out and sealed. Another algorithm gets another number."""
KEY_BYTES = 32
NONCE_BYTES = 12
"""Drawn at random: one key may seal some 4 thousand million values before a nonce is likely to come again (SP 800-38D)."""
_KEY_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")


class PersonalKeysMalformed(Invalid):
    """The keys of personal data are not set up as id:base64 of 32 bytes each, every id and every key once."""

    title = Said("个人信息密钥的设定有误", "The keys of personal data are not set up rightly")


class PersonalKeysUnreadable(Unavailable):
    """The file with the keys of personal data can be neither read nor made."""

    title = Said("个人信息密钥文件不可用", "The key file of personal data cannot be used")


class PersonalKeyMissing(Unavailable):
    """A value was sealed with a key that this site does not hold, or no longer holds."""

    title = Said("缺少个人信息密钥", "A key of personal data is missing")


class SealBroken(Unavailable):
    """A sealed value was altered or moved to another row, or the key of that name is another one."""

    title = Said("个人信息密文无法验证", "The sealed value does not verify")


class Vault:
    """Seals with the newest key and reads with every key it holds; it never shows one.

    A sealed value is: a byte for the algorithm, a byte for the length of the key's id, the id, the nonce, the sealed text
    with its tag. The whole head is bound to the text.
    """

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Take (id, 32 bytes) pairs, newest first; raises PersonalKeysMalformed."""
        _refuse_malformed(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys}
        self.current_id = keys[0][0]

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._ciphers)})"

    def seal(self, plain: bytes, about: str) -> bytes:
        """Seal under the newest key; `about` names the row, and only under that name can it be read again."""
        head, nonce = mark_of(self.current_id), secrets.token_bytes(NONCE_BYTES)
        return head + nonce + self._ciphers[self.current_id].encrypt(nonce, plain, head + about.encode())

    def unseal(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed about this row; raises PersonalKeyMissing, SealBroken."""
        key_id = self.key_id_of(sealed)
        if key_id not in self._ciphers:
            raise PersonalKeyMissing(
                f"本站没有密钥“{key_id}”", f"this site does not hold the key {key_id!r}", key=key_id
            )
        head = mark_of(key_id)
        nonce, rest = sealed[len(head) : len(head) + NONCE_BYTES], sealed[len(head) + NONCE_BYTES :]
        try:
            return self._ciphers[key_id].decrypt(nonce, rest, head + about.encode())
        except (InvalidTag, ValueError):  # ValueError: cut off within the nonce or the tag
            raise _broken() from None

    @staticmethod
    def key_id_of(sealed: bytes) -> str:
        """Return the id of the key that sealed it; raises SealBroken where the head cannot be read."""
        if len(sealed) < 2 or sealed[0] != AES_256_GCM:
            raise _broken()
        key_id = sealed[2 : 2 + sealed[1]].decode("ascii", "replace")
        if len(key_id) != sealed[1] or not _KEY_ID.fullmatch(key_id):
            raise _broken()
        return key_id

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether the newest key sealed it; raises SealBroken."""
        return self.key_id_of(sealed) == self.current_id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Return the ids of all keys, newest first."""
        return tuple(self._ciphers)

    @property
    def mark(self) -> bytes:
        """Return how everything begins that the newest key has sealed."""
        return mark_of(self.current_id)

    def reseal(self, sealed: bytes, about: str) -> bytes:
        """Seal anew under the newest key, or return it as it is where that was done; raises what unsealing raises."""
        return sealed if self.is_current(sealed) else self.seal(self.unseal(sealed, about), about)


def open_vault(settings: Settings) -> Vault:
    """Open the vault with the keys of this site, from the environment or else from the file, which is made if need be.

    A file beside the database protects a stolen database and nothing more: a real site keeps its keys elsewhere.
    Raises PersonalKeysMalformed, PersonalKeysUnreadable.
    """
    if settings.personal_keys is not None:
        return Vault(_read(settings.personal_keys.get_secret_value()))
    path = settings.personal_keys_file
    try:
        if not path.exists():
            make_key_file(path)
        return Vault(_read(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError:
        raise _malformed("不是文本", "it is no text") from None
    except OSError as error:
        raise PersonalKeysUnreadable(
            f"不能读取或建立密钥文件 {path}：{error.strerror}",
            f"cannot read or make the key file {path}: {error.strerror}",
        ) from error


def make_key_file(path: Path) -> None:
    """Make a file with one new key, for its owner only; a file that is there, or comes meanwhile, stays. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, path)  # whole or not at all, and never over another process's key
            _write_through(path.parent)
            log.warning("made a key of personal data in %s; without it, what it seals cannot be read again", path)
    finally:
        os.unlink(draft)


def new_key() -> str:
    """Return a new key as one line of the key file: id:base64."""
    return f"k{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _write_through(folder: Path) -> None:
    """Make the name of a new file last: a key that vanishes with the power takes what it sealed along."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(text: str) -> list[tuple[str, bytes]]:
    entries = [entry.strip() for entry in re.split(r"[,\n]", text) if entry.strip()]
    return [_key(place, entry) for place, entry in enumerate(entries, 1)]


def _key(place: int, entry: str) -> tuple[str, bytes]:
    """Read id:base64; a refusal names the place only, since any part of the entry may be the secret."""
    key_id, _, encoded = entry.partition(":")
    try:
        return key_id, base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(f"第 {place} 个不是 id:base64", f"number {place} is not id:base64") from None


def _refuse_malformed(keys: Sequence[tuple[str, bytes]]) -> None:
    if not keys:
        raise _malformed("一个密钥也没有", "there is not a single key")
    for place, (key_id, key) in enumerate(keys, 1):
        if not _KEY_ID.fullmatch(key_id):
            raise _malformed(
                f"第 {place} 个的 id 应为 1–32 位字母数字", f"number {place} needs an id of letters and digits"
            )
        if len(key) != KEY_BYTES:
            raise _malformed(f"第 {place} 个密钥不是 {KEY_BYTES} 字节", f"number {place} has not {KEY_BYTES} bytes")
    for part, zh, en in ((0, "id", "id"), (1, "密钥", "key")):
        if len({pair[part] for pair in keys}) < len(keys):
            raise _malformed(f"有重复的{zh}", f"one {en} stands there twice")


def _malformed(zh: str, en: str) -> PersonalKeysMalformed:
    return PersonalKeysMalformed(f"个人信息密钥：{zh}", f"keys of personal data: {en}")


def _broken() -> SealBroken:
    return SealBroken("密文已被改动、移位，或密钥不符", "altered, moved, or sealed with another key of that name")


def mark_of(key_id: str) -> bytes:
    """Return how everything begins that the key of this id has sealed; no such beginning is the beginning of another."""
    return bytes([AES_256_GCM, len(key_id)]) + key_id.encode("ascii")
