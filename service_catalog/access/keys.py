"""Keys of machines: shown once, kept as a keyed hash, limited to a place, an end and, where wished, to addresses.

A secret has 256 random bits, so that a fast keyed hash is as good as a slow one: there is nothing to guess.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from sqlalchemy import update
from sqlmodel import Session, col

from service_catalog.access.rights import Place, Right, demand
from service_catalog.access.tables import AccessKey
from service_catalog.actors import Actor, ActorKind, Grant, Role
from service_catalog.kernel.errors import Invalid, NotFound, Said, Unauthenticated

MARK = "alxa_"
"""How every key begins, so that it is told from a token and found by scanners of leaked secrets."""
SHAPE = re.compile(r"alxa_(?P<prefix>[0-9a-z]{8})_(?P<secret>[0-9A-Za-z_-]{43})")
SEEN_AGAIN_AFTER = timedelta(hours=1)
"""`last_seen_at` is written at most so often: reading must not become writing."""
PREFIX_LENGTH = 8
_ALPHABET = "0123456789abcdefghijkmnpqrstuvwxyz"


class KeyWrong(Unauthenticated):
    """The key was never handed out, or is misspelt."""

    title = Said("密钥无效", "The key is wrong")


class KeyExpired(Unauthenticated):
    """The key has ended."""

    title = Said("密钥已过期", "The key has expired")


class KeyRevoked(Unauthenticated):
    """The key was taken back."""

    title = Said("密钥已收回", "The key has been revoked")


class KeyFromElsewhere(Unauthenticated):
    """The key may not be used from this address."""

    title = Said("密钥不得在此地址使用", "The key may not be used from this address")


class NoSuchKey(NotFound):
    """There is no key of this prefix."""

    title = Said("没有这个密钥", "No such key")


class KeyMalformed(Invalid):
    """A key needs a name, one limit, an end in the future, and addresses that are networks."""

    title = Said("密钥的设定有误", "The key is not set up rightly")


class HandedOut(NamedTuple):
    """A new key: `text` is shown now and never again."""

    key: AccessKey
    text: str


def hand_out(
    session: Session,
    *,
    name: str,
    grant: Grant,
    place: Place,
    expires_at: datetime,
    addresses: Sequence[str] = (),
    by: Actor,
    at: datetime,
) -> HandedOut:
    """Make a key; raises KeyMalformed, NotAllowed. `place` is where the grant lies."""
    demand(by, Right.MANAGE_KEYS, place)
    if not name.strip():
        raise KeyMalformed("请写明密钥给谁用", "say who the key is for", element="name")
    if expires_at <= at:
        raise KeyMalformed("有效期须在将来", "the end must lie in the future", element="expires_at")
    networks = [_network(text) for text in addresses]
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(PREFIX_LENGTH))
    secret, salt = secrets.token_urlsafe(32), secrets.token_hex(16)
    key = AccessKey(
        prefix=prefix, name=name, role=grant.role, region_code=grant.region_code, agency_code=grant.agency_code,
        salt=salt, digest=_digest(salt, secret), addresses=networks, expires_at=expires_at, created_by=by.name,
        created_at=at,
    )  # fmt: skip
    session.add(key)
    session.flush()
    return HandedOut(key, f"{MARK}{prefix}_{secret}")


def revoke(session: Session, prefix: str, *, place: Place, by: Actor, at: datetime) -> AccessKey:
    """Take a key back at once; a second time changes nothing."""
    key = find_key(session, prefix)
    demand(by, Right.MANAGE_KEYS, place)
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by = at, by.name
        session.flush()
    return key


def find_key(session: Session, prefix: str) -> AccessKey:
    """Return the record of a key; raises NoSuchKey."""
    key = session.get(AccessKey, prefix)
    if key is None:
        raise NoSuchKey(f"没有前缀为 {prefix} 的密钥", f"there is no key {prefix}")
    return key


def actor_of_key(session: Session, text: str, *, address: str | None, at: datetime) -> tuple[Actor, AccessKey]:
    """Return who holds a key; raises KeyWrong, KeyRevoked, KeyExpired, KeyFromElsewhere."""
    shape = SHAPE.fullmatch(text)
    key = session.get(AccessKey, shape["prefix"]) if shape else None
    if shape is None or key is None or not hmac.compare_digest(key.digest, _digest(key.salt, shape["secret"])):
        raise KeyWrong("密钥不正确", "the key is not right")
    if key.revoked_at is not None:
        raise KeyRevoked(f"密钥 {key.prefix} 已收回", f"key {key.prefix} was revoked")
    if key.expires_at <= at:
        raise KeyExpired(f"密钥 {key.prefix} 已于 {key.expires_at:%Y-%m-%d} 到期", f"key {key.prefix} has expired")
    if not _may_come_from(key, address):
        raise KeyFromElsewhere(f"密钥 {key.prefix} 不得在此地址使用", f"key {key.prefix} may not be used from here")
    grant = Grant(key.role, key.region_code, key.agency_code)
    return Actor(name_of_key(key), ActorKind.MACHINE, (grant,)), key


def name_of_key(key: AccessKey) -> str:
    """Return how the holder of a key stands in the log."""
    return f"{key.name} ({key.prefix})"


def key_of(session: Session, by: str) -> AccessKey | None:
    """Return the key whose holder stands in the log as `by`."""
    key = session.get(AccessKey, by[-PREFIX_LENGTH - 1 : -1])
    return key if key is not None and name_of_key(key) == by else None


def is_successor(session: Session, earlier: str, later: str, *, at: datetime) -> bool:
    """Tell whether one holder follows another: a key with the same role and limit, after the old one has ended."""
    old, new = key_of(session, earlier), key_of(session, later)
    if old is None or new is None or (old.revoked_at is None and old.expires_at > at):
        return False
    return (old.role, old.region_code, old.agency_code) == (new.role, new.region_code, new.agency_code)


def note_use(session: Session, prefix: str, *, at: datetime) -> None:
    """Remember that a key was used, once an hour at the most."""
    session.execute(update(AccessKey).where(col(AccessKey.prefix) == prefix).values(last_seen_at=at))


def is_seen_anew(key: AccessKey, at: datetime) -> bool:
    """Tell whether the last use is so long ago that it is to be noted again."""
    return key.last_seen_at is None or at - key.last_seen_at >= SEEN_AGAIN_AFTER


def grant_of(role: Role, region_code: str | None, agency_code: str | None) -> Grant:
    """Return a grant; raises KeyMalformed unless it has exactly one limit."""
    try:
        return Grant(role, region_code, agency_code)
    except ValueError as error:
        raise KeyMalformed(
            "须且只能限定一个区划或一个实施主体", "limit it to one region or to one agency", element="region_code"
        ) from error


def _digest(salt: str, secret: str) -> str:
    return hashlib.blake2b(secret.encode(), key=salt.encode(), digest_size=32).hexdigest()


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise KeyMalformed(f"“{text}”不是网络地址", f"{text!r} is no network", element="addresses") from error


def _may_come_from(key: AccessKey, address: str | None) -> bool:
    if not key.addresses:
        return True
    try:
        source = ip_address(address or "")
    except ValueError:
        return False
    return any(source in ip_network(network) for network in key.addresses)
