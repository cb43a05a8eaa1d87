"""Which addresses the catalogue may post to: an administrator of one body must not reach into the house of another.

Without this a webhook to http://127.0.0.1:… or to the metadata address of a cloud would be posted from inside the network
(server-side request forgery). The name is resolved once, judged, and the judged address is the one that is called, so that
a name which changes its mind meanwhile gains nothing.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from service_catalog.kernel.errors import Invalid, Said
from service_catalog.outbox.letters import NotDelivered

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_TRANSLATED = ip_network("64:ff9b::/96")
"""IPv4 behind a translator (RFC 6052)."""


class AddressNotAllowed(Invalid):
    """The catalogue sends to https addresses on the open network, and to mail addresses; not into its own house."""

    title = Said("地址不可用于投递", "Nothing may be sent to this address")


class Target(NamedTuple):
    """Where a URL leads: the name for TLS and the Host header, and the one network address that was judged."""

    url: str
    """With the network address in place of the name."""
    host: str
    """As the Host header says it."""
    name: str
    """As the certificate says it."""


def check_webhook(address: str, *, insecure: bool) -> None:
    """Raise AddressNotAllowed unless the catalogue may post there, as far as it can be seen without asking for the name."""
    try:
        parts = urlsplit(address)
        name, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _not_allowed(address, "不是网址", "it is no URL") from error
    if not address.isascii() or not address.isprintable() or " " in address or not name:
        raise _not_allowed(address, "不是网址", "it is no URL")
    if parts.scheme != "https" and not (insecure and parts.scheme == "http"):
        raise _not_allowed(address, "须以 https:// 开头", "it must begin with https://")
    if parts.username is not None or parts.fragment:
        raise _not_allowed(address, "不得含用户名或片段", "it must hold no user name and no fragment")
    literal = _literal(name)
    if not insecure and (name == "localhost" or (literal is not None and not is_open(literal))):
        raise _not_allowed(address, "不得指向内部网络", "it must not lead into an inner network")


def check_mail(address: str) -> None:
    """Raise AddressNotAllowed unless it is one plain mail address."""
    if not _MAIL.fullmatch(address):
        raise _not_allowed(address, "不是邮箱地址", "it is no mail address")


def find_target(address: str, *, insecure: bool) -> Target:
    """Resolve the name of a URL; raises NotDelivered unless every address it stands for may be called."""
    try:
        check_webhook(address, insecure=insecure)
    except AddressNotAllowed as error:
        raise NotDelivered(str(error)) from error
    parts = urlsplit(address)
    assert parts.hostname is not None
    found = _resolve(parts)
    if not insecure and not all(is_open(one) for one in found):
        raise NotDelivered("the name leads into an inner network")
    one = found[0]
    numeric = f"[{one}]" if one.version == 6 else str(one)
    port = "" if parts.port is None else f":{parts.port}"
    return Target(parts._replace(netloc=numeric + port).geturl(), parts.netloc, parts.hostname)


def is_open(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address lies on the open network, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_open(inner)
    return address.is_global and not address.is_multicast


def _resolve(parts: SplitResult) -> list[IPv4Address | IPv6Address]:
    try:
        rows = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered("the name is not known", silent=True) from error
    return [ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


def _literal(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _not_allowed(address: str, zh: str, en: str) -> AddressNotAllowed:
    return AddressNotAllowed(f"地址不可用：{zh}", f"the address cannot be used: {en}", element="address")
