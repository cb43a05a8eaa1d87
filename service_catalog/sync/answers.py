"""What a client of the centre may have to hear: it is away, it refuses, a snapshot is needed, an answer breaks a promise."""

from typing import Any

from service_catalog.kernel.errors import CatalogError, Conflict, Gone, Said, Unavailable


class CentreAway(Unavailable):
    """The centre did not answer, or not in a way that can be read, however often it was asked."""

    title = Said("中心暂时联系不上", "The centre is away")

    def __init__(self, reason: str, *, attempts: int, retry_after: float | None = None) -> None:
        super().__init__(
            f"中心未能应答（已尝试 {attempts} 次）：{reason}", f"no answer from the centre ({attempts} attempts): {reason}",
            attempts=attempts, retry_after=retry_after,
        )  # fmt: skip
        self.reason, self.attempts, self.retry_after = reason, attempts, retry_after


class Refused(CatalogError):
    """The centre, or something before it, refuses the request; asking again would not help.

    `problem` is the problem document (RFC 9457), empty where it was not the catalogue that answered: then it says nothing
    about the content, and whatever was to be handed in must be kept.
    """

    title = Said("中心拒绝了请求", "The centre refuses")

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        detail = str(problem.get("detail") or problem.get("title") or "")
        super().__init__(
            f"中心答复 {status}：{detail or '没有说明'}", f"the centre answered {status}: {detail or 'without a word'}",
            status=status, problem=problem,
        )  # fmt: skip
        self.status, self.problem = status, problem

    @property
    def name(self) -> str:
        """The last part of the problem's type, such as `no-such-item`; empty where there is no problem document."""
        return str(self.problem.get("type", "")).rpartition("/")[2]

    @property
    def is_from_catalogue(self) -> bool:
        """Tell whether the catalogue itself said so, and not a proxy, a firewall or a sign-in page on the way."""
        return bool(self.problem)


class SnapshotNeeded(Gone):
    """The reader is older than tombstones are kept, or ahead of the log: only a snapshot brings it up to date."""

    title = Said("须重新获取快照", "A snapshot is needed")

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(
            "变更记录已不能从该处继续，须重新获取快照",
            "the feed cannot go on from there; take a snapshot",
            problem=problem,
        )
        self.problem = problem


class NotAsPromised(Conflict):
    """An answer breaks what the centre promises; nothing of it may be used."""

    title = Said("中心的答复不可采用", "An answer that must not be used")

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)


class Interrupted(Exception):
    """One attempt failed in a way that another may not; `retry_after` in seconds where the centre named a time."""

    def __init__(
        self, reason: str, *, retry_after: float | None = None, refusal: Refused | None = None, for_good: bool = False,
        asks_for_less: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(reason)
        self.reason, self.retry_after, self.refusal, self.for_good = reason, retry_after, refusal, for_good
        self.asks_for_less = asks_for_less
        """The next attempt is another, easier question; the bounds of this one do not hold for it."""
