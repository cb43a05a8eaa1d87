"""A copy as a site: it answers what it can answer truly, says what it cannot, and writes nothing but appeals."""

from fastapi import Request

from service_catalog.kernel.errors import Conflict, NotFound, Said, Unavailable
from service_catalog.settings import Settings

_WRITES_NOTHING = ("/check", "/v1/appeals/preview")
_TAKEN_HERE = "/v1/appeals"
_AT_THE_CENTRE = (
    "/supervision", "/sync", "/metrics", "/v1/feed", "/v1/readers", "/v1/public/appeal-figures", "/v1/snapshot",
    "/v1/supervision",
)  # fmt: skip
"""Beginnings of addresses whose answers are made of what only the centre has: a copy does not know what has left it."""


class CopyIsReadOnly(Conflict):
    """A copy takes appeals and nothing else; what is written is written at the centre."""

    title = Said("副本只读，请到中心办理", "A copy is read-only: write at the centre")


class OnlyAtTheCentre(NotFound):
    """A copy does not have this; the centre does."""

    title = Said("此内容只在中心提供", "Only the centre has this")


class CopyStillEmpty(Unavailable):
    """The copy has not got its first snapshot yet."""

    title = Said("副本尚未装载完成，请稍后再试", "The copy is not filled yet: try again later")


def demand_possible(request: Request) -> None:
    """Raise CopyIsReadOnly, OnlyAtTheCentre, CopyStillEmpty where a copy cannot answer."""
    settings: Settings = request.app.state.settings
    path, centre = request.url.path, settings.replica_of
    if request.method not in ("GET", "HEAD") and not (
        path.endswith(_WRITES_NOTHING) or path == _TAKEN_HERE or path.startswith(_TAKEN_HERE + "/")
    ):
        raise CopyIsReadOnly(f"本站是 {centre} 的只读副本", f"this is a read-only copy of {centre}", centre=centre)
    if path.startswith(_AT_THE_CENTRE):
        raise OnlyAtTheCentre(f"请访问 {centre}{path}", f"see {centre}{path}", centre=centre)
    if request.scope.get("state", {}).get("copy") is None and (path == "/" or path.startswith(("/v1", "/guides"))):
        raise CopyStillEmpty("正在从中心下载目录", "the catalogue is being fetched from the centre", retry_after=10)
