"""Lists are walked one way: `?after=<key>&limit=50` gives items and the address of the next page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field
from starlette.datastructures import URL

MOST = 500

T = TypeVar("T")
R = TypeVar("R")


class Page(BaseModel, Generic[T]):
    """One page; `next` is null at the end."""

    items: list[T]
    next: str | None = Field(description="Relative address of the next page; null at the end.")


@dataclass(frozen=True)
class Walk:
    """Where a reader stands in a list, and how much it asked for."""

    after: str | None
    limit: int
    url: URL

    def page_of(
        self, rows: Sequence[R], key: Callable[[R], str], views: Callable[[Sequence[R]], Sequence[T]]
    ) -> dict[str, Any]:
        """Make a page of `rows`; the caller has selected one row more than `limit` to learn whether it goes on."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return {"items": views(shown), "next": self._next(key(shown[-1])) if more else None}

    def _next(self, after: str) -> str:
        following = self.url.include_query_params(after=after)
        return f"{following.path}?{following.query}"


def each(view: Callable[[R], T]) -> Callable[[Sequence[R]], list[T]]:
    """Turn a view of one row into a view of many."""
    return lambda rows: [view(row) for row in rows]
