"""Links that look wrong, by their text alone: nothing is fetched; pure."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from service_catalog.kernel.errors import Said

_BLANK = re.compile(r"[\s\u00a0\u200b\u3000\ufeff]")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_INNER = (".local", ".lan", ".internal", ".intranet", ".localdomain", ".home", ".corp")
_MADE_UP = ("example.com", "example.org", "example.net", ".example", ".test", ".invalid")


def link_fault(link: str) -> Said | None:
    """Say what looks wrong about a link that the public is given; None where nothing does."""
    if _BLANK.search(link):
        return Said("网址中有空白字符", "blanks in the link")
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return Said("网址格式不正确", "malformed")
    if parts.scheme not in ("http", "https"):
        return Said("网址应以 https:// 开头", "a link begins with https://")
    if not host:
        return Said("网址缺少主机名", "no host")
    if parts.username is not None:
        return Said("网址中含用户名或密码", "a user name or password in the link")
    return _host_fault(host) or _scheme_fault(parts.scheme)


def _host_fault(host: str) -> Said | None:
    try:
        address = ip_address(host)
    except ValueError:
        return _name_fault(host.rstrip("."))
    if not address.is_global:
        return Said(f"{host} 是内网地址，公众无法访问", f"{host} is a private address")
    return None


def _name_fault(host: str) -> Said | None:
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return Said(f"主机名 {host} 格式不正确", f"{host} is no host name")
    if not _HOST.fullmatch(ascii_host):
        return Said(f"主机名 {host} 格式不正确", f"{host} is no host name")
    if "." not in ascii_host or ascii_host.endswith(_INNER):
        return Said(f"{host} 是内部主机名，公众无法访问", f"{host} is a name of an inner network")
    if ascii_host.rpartition(".")[2].isdigit():
        return Said(f"主机名 {host} 格式不正确", f"{host} is no host name")
    if any(ascii_host == made_up.lstrip(".") or ascii_host.endswith("." + made_up.lstrip(".")) for made_up in _MADE_UP):
        return Said(f"{host} 是示例地址", f"{host} is an example, not an address")
    return None


def _scheme_fault(scheme: str) -> Said | None:
    if scheme == "http":
        return Said("公众网址使用不加密的 http", "plain http on a public host")
    return None
